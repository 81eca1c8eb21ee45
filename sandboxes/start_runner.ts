import type { Cells } from './cells.ts'
import type { Introspection, LoadFailure } from './contract.ts'
import { QueryFailure } from './failure.ts'
import type { Started } from './pool.ts'
import type { Scratch } from './scratch.ts'
import type { Unit } from './unit.ts'
import type { Reply } from './wire/runner.ts'

/** A module's top level that takes longer than this is not going to end. */
const LOAD_MS = 60_000

/** A module that does not load, with the reason its runner gave. */
export class LoadError extends QueryFailure {
  readonly reason: LoadFailure

  constructor(reason: LoadFailure) {
    super('NOT_LOADED', reason.error, { trace: reason.trace })
    this.reason = reason
  }
}

export interface Places {
  readonly cells: Cells
  readonly scratch: Scratch
}

/** Starts a runner and makes it become the unit's module. Rejects with LoadError or another QueryFailure. */
export async function startRunner(unit: Unit, places: Places): Promise<Started> {
  const { started } = await becomeModule(unit, places, false, LOAD_MS)
  return started
}

/** Asks a throw-away runner what the module says about itself. Rejects as startRunner, with MODULE_TIMED_OUT after `ms`. */
export async function describeModule(unit: Unit, places: Places, ms: number): Promise<Introspection> {
  const { started, reply } = await becomeModule(unit, places, true, ms)
  void started.runner.closed.then(started.cleanUp)
  started.runner.close()
  const { heavy = true, files = [] } = reply.header.type === 'loaded' ? reply.header : {}
  return { entry: Buffer.concat(reply.payload).toString(), heavy, files }
}

async function becomeModule(unit: Unit, { cells, scratch }: Places, describe: boolean, ms: number) {
  const runner = await cells.open(unit)
  const folder = scratch.make()
  const cleanUp = () => scratch.remove(folder)
  const timer = setTimeout(() => {
    runner.kill('MODULE_TIMED_OUT', `importing the module took longer than ${ms / 1000} s`)
  }, ms)
  let reply: Reply
  try {
    reply = await runner.load(unit.runtime.load(unit.source, unit.settings, folder, describe))
  } catch (failure) {
    void runner.closed.then(cleanUp)
    throw failure
  } finally {
    clearTimeout(timer)
  }
  if (reply.header.type === 'loaded') return { started: { runner, cleanUp } satisfies Started, reply }
  void runner.closed.then(cleanUp)
  runner.close()
  if (reply.header.type !== 'failed') throw new QueryFailure('PROTOCOL_VIOLATION', 'expected "loaded" or "failed"')
  const { error, file, line, trace, missing } = reply.header
  throw new LoadError({
    error,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(trace !== undefined && { trace }),
    ...(missing !== undefined && { missing }),
  })
}
