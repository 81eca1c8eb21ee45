import type { EgressGrant } from '../../contract.ts'
import type { EgressCalls } from '../../egress/calls.ts'

/** JSON in; the value of the reply out, or an error whose `code` and message are meant for the module. */
export type Capability = (argument: string) => Promise<unknown>

/** What a query may ask of the process it runs in, by name. */
export type Capabilities = Readonly<Record<string, Capability>>

/** Makes the capabilities of one query, by the id that the host's log has of it; `signal` is aborted when it is over. */
export type MakeCapabilities = (query: string, signal: AbortSignal) => Capabilities

/** What a module with this grant may ask for. Nothing is made before it is asked for. */
export function capabilitiesOf(grant: EgressGrant | undefined): MakeCapabilities {
  let ways: Promise<WaysOut> | undefined
  const callsOf = async (query: string): Promise<EgressCalls> => {
    if (grant === undefined) throw new Error('this module may not reach anything')
    ways ??= waysOut(grant)
    return (await ways)(query)
  }
  return (query, signal) => {
    let calls: Promise<EgressCalls> | undefined
    const reached = (): Promise<EgressCalls> => calls ??= callsOf(query)
    return {
      timer: (argument) => timer(argument, signal),
      fetch: async (argument) => (await reached()).fetch(JSON.parse(argument), signal),
      dns: async (argument) => (await reached()).dns(JSON.parse(argument), signal),
    }
  }
}

type WaysOut = (query: string) => EgressCalls

/** Most of the program is for this, and of what it needs of Node: modules that reach nothing do without. */
async function waysOut(grant: EgressGrant): Promise<WaysOut> {
  const { door } = grant
  if (door === undefined) {
    const calls = (await import('../../egress/calls.ts')).egressCalls(grant)
    return () => calls
  }
  const { egressCallsOver } = await import('../../egress/over_door.ts')
  return (query) => egressCallsOver(door, query)
}

/** The reply to one call: always a text, and never a stack. */
export async function reply(capabilities: Capabilities, kind: string, argument: string): Promise<string> {
  try {
    const capability = Object.hasOwn(capabilities, kind) ? capabilities[kind] : undefined
    if (capability === undefined) return JSON.stringify({ err: `there is no call "${kind.slice(0, 40)}"; there are: ${Object.keys(capabilities).join(', ')}`, code: 'UNKNOWN_CALL' })
    const ok = await capability(argument)
    return JSON.stringify({ ok })
  } catch (thrown) {
    const { message, code } = thrown as { message?: unknown; code?: unknown }
    return JSON.stringify({ err: String(message ?? thrown).slice(0, 1000), code: typeof code === 'string' ? code : 'FAILED' })
  }
}

/** Waits for so many milliseconds, at most until the query is over. */
function timer(argument: string, signal: AbortSignal): Promise<null> {
  const ms = Math.min(Math.max(0, Number(argument) || 0), LONGEST_MS)
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
