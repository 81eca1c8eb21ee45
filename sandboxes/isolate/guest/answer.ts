import type { GuestLimits, HostFunctions } from './limits.ts'
import { isArray, ownKeys, parse, stringify } from './primordials.ts'
import { traceOf } from './text_of.ts'

/** How the handler is called: with the body as a value. */
export type Handler = (query: Record<string, unknown>) => unknown

/**
 * Takes a body to an answer. Everything that code of the module can reach ends in here, as a string: getters, `toJSON`, thenables and
 * proxies run inside the isolate, within its time.
 */
export async function answerTo(body: string, handler: Handler, { answer }: HostFunctions, { result: longest }: GuestLimits): Promise<void> {
  let query: unknown
  try {
    query = parse(body)
  } catch (error) {
    return answer('refused', traceOf(error))
  }
  let result: unknown
  try {
    result = await handler(query as Record<string, unknown>)
  } catch (error) {
    return answer('exception', traceOf(error))
  }
  try {
    const text = stringify(result)
    if (text === undefined) return answer('bad_result', `expected an answer that can be written as JSON, found ${typeof result}`)
    if (text.length > longest) return answer('too_large', `the answer has ${text.length} characters, at most ${longest} may be`)
    answer(saysError(result) ? 'module_error' : 'success', text)
  } catch (error) {
    answer('bad_result', traceOf(error))
  }
}

/** Upstream's rule for a dict: a truthy `error` or `errors`, as Python has it. */
function saysError(result: unknown): boolean {
  if (result === null || typeof result !== 'object' || isArray(result)) return false
  const { error, errors } = result as { error?: unknown; errors?: unknown }
  return isTruthy(error) || isTruthy(errors)
}

function isTruthy(value: unknown): boolean {
  return value !== null && typeof value === 'object' ? ownKeys(value).length > (isArray(value) ? 1 : 0) : Boolean(value)
}
