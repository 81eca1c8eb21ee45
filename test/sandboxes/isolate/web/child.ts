/** A process with isolates, which runs scripts in them as a runner would: the guest's code, and the host's real network functions. */
import ivm from 'isolated-vm'
import type { EgressGrant } from '../../../../sandboxes/contract.ts'
import { egressCalls } from '../../../../sandboxes/egress/calls.ts'
import type { EgressError } from '../../../../sandboxes/egress/egress_error.ts'
import { egressTools } from '../../../../sandboxes/egress/tools.ts'

export interface Job {
  readonly bundle: string
  /** The body of an async function; its value has to be JSON. */
  readonly script: string
  readonly grant: EgressGrant
  readonly servers?: readonly string[]
}

export interface Done {
  readonly value?: unknown
  readonly error?: string
  /** How often the guest called the host, by kind. */
  readonly calls: Record<string, number>
}

process.on('message', (job: Job) => {
  void run(job).then((done) => process.send?.(done))
})

async function run({ bundle, script, grant, servers }: Job): Promise<Done> {
  const isolate = new ivm.Isolate({ memoryLimit: 64 })
  const ended = new AbortController()
  const calls: Record<string, number> = {}
  const host = egressCalls(grant, egressTools(grant, servers))
  const kinds: Record<string, (argument: unknown, signal: AbortSignal) => Promise<unknown>> = {
    ...host,
    timer: (argument) => new Promise((resolve) => setTimeout(resolve, Number(argument), null)),
  }
  const answer = async (kind: string, argument: string): Promise<string> => {
    calls[kind] = (calls[kind] ?? 0) + 1
    try {
      return JSON.stringify({ ok: await kinds[kind]?.(JSON.parse(argument), ended.signal) })
    } catch (error) {
      const { message, code } = error as EgressError
      return JSON.stringify({ err: message, code })
    }
  }
  try {
    const context = await isolate.createContext()
    await context.evalClosure('globalThis.call = (kind, argument) => $0.apply(undefined, [kind, argument], { __proto__: null, result: { __proto__: null, promise: true } })', [new ivm.Reference(answer)])
    await context.eval(bundle)
    const text = `(async () => {
      const { call, web } = globalThis
      delete globalThis.call; delete globalThis.web
      const reports = []
      const before = Reflect.ownKeys(globalThis)
      web.installWeb(globalThis, call, { seed: '${'0123456789abcdef'.repeat(4)}', report: (error) => reports.push(String(error)) })
      const added = Reflect.ownKeys(globalThis).filter((name) => !before.includes(name))
      const value = await (async ({ fetch, makeFetch, dns, reports, added, names }) => { ${script}\n })({ fetch: web.makeFetch(call), makeFetch: (signal) => web.makeFetch(call, signal), dns: web.makeDns(call), reports, added, names: web.WEB_GLOBALS })
      return JSON.stringify(value ?? null)
    })()`
    const value: string = await context.eval(text, { promise: true, timeout: 5000 })
    return { value: JSON.parse(value), calls }
  } catch (error) {
    return { error: String(error), calls }
  } finally {
    ended.abort()
    isolate.dispose()
  }
}
