import { constants, isUtf8 } from 'node:buffer'

/** What a query came to: an outcome of the wire, and the answer's chunks or what explains a failure. */
export interface Verdict {
  readonly outcome: 'success' | 'module_error' | 'exception' | 'bad_result' | 'timeout' | 'too_large' | 'violation' | 'exit'
  readonly payload: readonly Buffer[]
}

/** A longer answer cannot be checked, whatever the limit is. */
export const LONGEST = constants.MAX_STRING_LENGTH

const ERROR_KEYS = ['error', 'errors'] as const

/** Whether an answer is JSON, and whether it is an error that the module reports. */
export function judge(answer: readonly Buffer[]): Verdict {
  const bytes = answer.length === 1 ? (answer[0] as Buffer) : Buffer.concat(answer)
  if (bytes.length === 0) return failed('bad_result', 'expected an answer in JSON, found nothing')
  if (!isUtf8(bytes)) return failed('bad_result', `expected an answer in UTF-8, found other bytes: ${shown(bytes)}`)
  try {
    return { outcome: reportsError(JSON.parse(bytes.toString())) ? 'module_error' : 'success', payload: answer }
  } catch (error) {
    return failed('bad_result', `expected an answer in JSON, found ${shown(bytes)}: ${(error as Error).message.split('\n')[0]}`)
  }
}

export function failed(outcome: Verdict['outcome'], text: string): Verdict {
  return { outcome, payload: [Buffer.from(text)] }
}

/** The beginning of what was found, so that its author knows it again. */
export function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 40).toString()) + (bytes.length > 40 ? '...' : '')
}

function reportsError(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false
  return ERROR_KEYS.some((key) => isTruthy((answer as Record<string, unknown>)[key]))
}

/** As in Python, where an empty list is no error. */
function isTruthy(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}
