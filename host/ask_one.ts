import type { ModuleSource, Result } from '../sandboxes/contract.ts'
import { QueryFailure } from '../sandboxes/failure.ts'
import type { Lease } from '../sandboxes/pool/lease.ts'
import { Pool } from '../sandboxes/pool/pool.ts'
import { startRunner, type Places } from '../sandboxes/start_runner.ts'
import type { Unit } from '../sandboxes/unit.ts'
import { didYouMean } from './nearest.ts'
import { discover } from './registry/discover.ts'
import { makeUnit, type Offer } from './registry/serving.ts'

export interface AskOneOptions {
  readonly offer: Offer
  readonly places: Places
  readonly module: string
  readonly body: Buffer
  /** Seconds. */
  readonly timeout: number
  /** Gives up: the runner is ended and the query fails with SHUTTING_DOWN. */
  readonly signal: AbortSignal
  readonly passedOver: PassedOver
}

/** Told of each file that claims the name, has more right to it than the one that is asked, and does not load. */
export type PassedOver = (source: ModuleSource, failure: QueryFailure) => void

/** One query without a server: only this module is loaded, and its time begins when it is. Rejects with QueryFailure. */
export async function askOne(options: AskOneOptions): Promise<Result> {
  const { offer, places, module, body, timeout, signal, passedOver } = options
  if (!offer.settings(module).enabled) throw new QueryFailure('NOT_LOADED', `the module "${module}" is disabled in the configuration`)
  const load = (source: ModuleSource): Promise<Warmed> => warm(makeUnit(offer, source, undefined), places)
  const warmed = await firstThatLoads(sourcesOf(offer, module), load, passedOver)
  return await ask(warmed, { module, body, timeout, signal })
}

/** The same of a unit that is known already. Rejects with QueryFailure. */
export async function askUnit(unit: Unit, places: Places, asking: Omit<Asking, 'module'>): Promise<Result> {
  return await ask(await warm(unit, places), { ...asking, module: unit.source.name })
}

type Asking = Pick<AskOneOptions, 'module' | 'body' | 'timeout' | 'signal'>

async function ask({ pool, lease }: Warmed, { module, body, timeout, signal }: Asking): Promise<Result> {
  const stop = (): void => pool.destroy()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    const now = performance.now()
    return await lease.run({
      id: 'query', tenant: 'local', module, body: [body], bodyBytes: body.length, receivedAt: now, deadline: now + timeout * 1000,
    })
  } finally {
    signal.removeEventListener('abort', stop)
    lease[Symbol.dispose]()
    pool.destroy()
  }
}

/** The files that claim the name, the one with the most right to it first. */
function sourcesOf({ roots, runtimes }: Offer, module: string): readonly ModuleSource[] {
  const { candidates, clashes } = discover(roots, runtimes)
  const found = candidates.find(({ name }) => name === module)
  if (found !== undefined) return found.sources
  const clash = clashes.find(({ source }) => source.name === module)
  if (clash !== undefined) throw new QueryFailure('NOT_LOADED', clash.failure.error)
  const names = candidates.map(({ name }) => name).sort()
  throw new QueryFailure('UNKNOWN_MODULE', `expected a module, found "${module}"${didYouMean(module, names)} there are: ${names.join(', ')}`)
}

interface Warmed {
  readonly pool: Pool
  readonly lease: Lease
}

/** As the registry does: an override that does not load leaves the name to what it overrides. */
async function firstThatLoads(
  [source, ...others]: readonly ModuleSource[], load: (source: ModuleSource) => Promise<Warmed>, passedOver: PassedOver,
): Promise<Warmed> {
  if (source === undefined) throw new QueryFailure('UNKNOWN_MODULE', 'no file claims the name')
  try {
    return await load(source)
  } catch (error) {
    if (others.length === 0) throw error
    passedOver(source, error as QueryFailure)
    return await firstThatLoads(others, load, passedOver)
  }
}

/** A runner that has become the module, watched by a pool of its own so that its limits hold. */
async function warm(unit: Unit, places: Places): Promise<Warmed> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const pool = new Pool({ memoryBytes: Number.MAX_SAFE_INTEGER, cores: 1, idleMs: IDLE_MS, start: (each) => startRunner(each, places) },
    { free: () => resolve(), failed: (_key, failure) => reject(failure) })
  pool.grow(unit, 1, 0)
  try {
    await promise
    const lease = pool.lease(unit)
    if (lease === undefined) throw new QueryFailure('MODULE_CRASHED', 'the runner ended before it was asked')
    return { pool, lease }
  } catch (error) {
    pool.destroy()
    throw error
  }
}

const IDLE_MS = 60_000
