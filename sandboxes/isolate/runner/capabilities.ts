/**
 * What a module may ask of the process it runs in, by name. JSON in; the value of the reply out, or an error whose `code` and message are
 * meant for the module. `signal` is aborted when the query is over.
 */
export type Capability = (argument: unknown, signal: AbortSignal) => Promise<unknown>

export type Capabilities = Readonly<Record<string, Capability>>

/** The reply to one call: always a text, and never a stack. */
export async function reply(capabilities: Capabilities, kind: string, argument: string, signal: AbortSignal): Promise<string> {
  try {
    const capability = Object.hasOwn(capabilities, kind) ? capabilities[kind] : undefined
    if (capability === undefined) return JSON.stringify({ err: `there is no call "${kind.slice(0, 40)}"; there are: ${Object.keys(capabilities).join(', ')}`, code: 'UNKNOWN_CALL' })
    const ok = await capability(JSON.parse(argument), signal)
    return JSON.stringify({ ok })
  } catch (thrown) {
    const { message, code } = thrown as { message?: unknown; code?: unknown }
    return JSON.stringify({ err: String(message ?? thrown).slice(0, 1000), code: typeof code === 'string' ? code : 'FAILED' })
  }
}

/** Waits for so many milliseconds, at most until the query is over. */
export const timer: Capability = (argument, signal) => {
  const ms = typeof argument === 'number' && argument >= 0 ? Math.min(argument, LONGEST_MS) : 0
  return new Promise((resolve) => {
    const late = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(late)
      signal.removeEventListener('abort', done)
      resolve(null)
    }
  })
}

const LONGEST_MS = 2 ** 31 - 1
