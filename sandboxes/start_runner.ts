import { expectOwn } from './authored_files.ts'
import type { Cells } from './cell/cells.ts'
import type { Introspection, LoadFailure, ModuleFile } from './contract.ts'
import { QueryFailure, type FailureCode } from './failure.ts'
import { MemoryWatch } from './process/memory_watch.ts'
import type { Started } from './pool/pool_options.ts'
import { isUndoable, putBehind, putLevel } from './process/priority.ts'
import { FileChanged, type CellSpec } from './runtime.ts'
import type { Scratch } from './scratch.ts'
import type { Unit } from './unit.ts'
import { memoryLimit } from './pool/warm.ts'
import type { Reply } from './wire/runner.ts'

const MEGABYTE = 1 << 20
/** A module's top level that takes longer than this is not going to end. */
const LOAD_MS = 60_000
/** How often the memory of a module that is being imported is looked at. */
const WATCH_MS = 50
const LOOKS_BEFORE_BEHIND = 10
/** The largest bundle takes some seconds on a busy machine. */
const COMPILE_MS = 20_000

/** A module that does not load, with the reason its runner gave. */
export class LoadError extends QueryFailure {
  readonly reason: LoadFailure

  constructor(reason: LoadFailure) {
    super('NOT_LOADED', reason.error, { trace: reason.trace })
    this.reason = reason
  }
}

/** A module in its own words, and what its runners need to become exactly this version of it. */
export interface Description {
  readonly introspection: Introspection
  /** See Unit. */
  readonly content: Uint8Array | undefined
  /** The runner that was asked, which is the module now; only where it was asked urgently. Whoever gets it closes it. */
  readonly first?: Started
}

export interface Places {
  readonly cells: Cells
  readonly scratch: Scratch
}

/** Starts a runner and makes it become the unit's module. Rejects with LoadError or another QueryFailure. */
export async function startRunner(unit: Unit, places: Places): Promise<Started> {
  // Nobody has described a module that is asked without a server.
  const content = unit.content ?? (await compile(unit, places, { ms: LOAD_MS }))?.content
  const { started } = await becomeModule({ ...unit, content }, places, { describe: false, ms: LOAD_MS })
  return started
}

export interface DescribeManner {
  readonly ms: number
  /** Nobody wants to know any more: what has been started for it is ended. */
  readonly signal?: AbortSignal
  /** Somebody waits for it: it does not run behind others at first, and the runner is handed over. */
  readonly urgent?: boolean
}

/**
 * Asks a throw-away runner what the module says about itself. Rejects as startRunner, with MODULE_TIMED_OUT after `ms`. A file that is
 * saved in between is read again.
 */
export async function describeModule(unit: Unit, places: Places, manner: DescribeManner): Promise<Description> {
  for (let again = DESCRIBE_AGAIN; ; again -= 1) {
    try {
      return await describeOnce(unit, places, manner)
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error
      if (again === 0) throw new QueryFailure('SANDBOX_UNAVAILABLE', error.message)
    }
  }
}

const DESCRIBE_AGAIN = 5

async function describeOnce(unit: Unit, places: Places, manner: DescribeManner): Promise<Description> {
  const compiled = await compile(unit, places, manner)
  const { started, reply } = await becomeModule({ ...unit, content: compiled?.content }, places, { ...manner, describe: true })
  try {
    const { heavy = true, lean, files: read = [] } = reply.header.type === 'loaded' ? reply.header : {}
    const files = compiled?.files ?? read
    expectOwn(files, unit.source)
    const introspection = { entry: ownEntry(Buffer.concat(reply.payload).toString(), unit), heavy, lean, files }
    const content = compiled?.content ?? unit.runtime.contentOf?.(unit.source, files)
    if (manner.urgent && !manner.signal?.aborted && places.cells.mayServe(started.runner)) return { introspection, content, first: started }
    letGo(started)
    return { introspection, content }
  } catch (error) {
    letGo(started)
    throw error
  }
}

/** What is in the listing is the module's own word; whose entry it is, is not. Throws LoadError. */
function ownEntry(entry: string, { source: { name, type, confined } }: Unit): string {
  if (confined !== undefined && entry.length > ENTRY_CHARACTERS) {
    throw new LoadError({ error: `introspection and version have ${entry.length} characters as JSON, at most ${ENTRY_CHARACTERS} may be` })
  }
  const parsed = parsedEntry(entry)
  if (parsed?.name === name && parsed.type === type) return entry
  throw new LoadError({ error: `expected the entry of ${name} (${type}), found ${entry.slice(0, 100)}` })
}

/** The host keeps those of all modules, and sends them in every listing. Of upstream's the longest has 4 KB. */
const ENTRY_CHARACTERS = 65_536

function parsedEntry(entry: string): { name?: unknown; type?: unknown } | undefined {
  try {
    return JSON.parse(entry) as { name?: unknown; type?: unknown }
  } catch {
    return undefined
  }
}

/** What the runtime's compiler makes of the module; undefined where it has none. Rejects as startRunner. */
async function compile(unit: Unit, places: Places, manner: DescribeManner): Promise<{ content: Uint8Array; files: readonly ModuleFile[] } | undefined> {
  const spec = unit.runtime.compiler
  if (spec === undefined) return undefined
  const ms = Math.min(manner.ms, COMPILE_MS)
  const { started, reply } = await become(unit, places, { ...manner, describe: false, ms, spec, doing: 'compiling' }).catch(compilerEnded)
  if (manner.urgent) leave(unit, started, places)
  else letGo(started)
  const { files = [] } = reply.header.type === 'loaded' ? reply.header : {}
  return { content: Buffer.concat(reply.payload), files }
}

/** What is nested too deeply ends the compiler, which then says nothing. */
function compilerEnded(failure: unknown): never {
  if (!(failure instanceof QueryFailure) || failure.code !== 'MODULE_CRASHED') throw failure
  throw new QueryFailure('MODULE_CRASHED', `the module cannot be compiled, perhaps because it is nested too deeply: ${failure.message}`)
}

/** Ends a runner that nothing is asked any more. */
export function letGo({ runner, cleanUp }: Started): void {
  void runner.gone.then(cleanUp)
  runner.close()
}

/** The same, where the module was saved just now: its next version may have the runner. */
export function leave(unit: Unit, { runner, cleanUp }: Started, { cells }: Places): void {
  void runner.gone.then(cleanUp)
  cells.leave(unit, runner)
}

/**
 * One module in a shared cell can end the processes of the others, and nobody can tell which did. So the other try is in a
 * cell of its own: there it can end nothing else, and nothing else can end it.
 */
async function becomeModule(unit: Unit, places: Places, manner: Manner): Promise<Become> {
  try {
    return await become(unit, places, manner)
  } catch (failure) {
    if (!(failure instanceof QueryFailure) || !ENDED.has(failure.code) || manner.signal?.aborted) throw failure
    return await become(unit, places, { ...manner, spec: unit.runtime.alone })
  }
}

/** What it is called when the processes of others were ended with one's own. */
const ENDED: ReadonlySet<FailureCode> = new Set(['SANDBOX_UNAVAILABLE', 'MODULE_CRASHED'])

interface Become {
  readonly started: Started
  readonly reply: Reply
}

interface Manner {
  readonly describe: boolean
  readonly ms: number
  readonly signal?: AbortSignal
  readonly urgent?: boolean
  /** undefined: the cell that suits the module. */
  readonly spec?: CellSpec
  /** What is said to have taken too much. */
  readonly doing?: 'importing' | 'compiling'
}

async function become(unit: Unit, { cells, scratch }: Places, manner: Manner): Promise<Become> {
  const { describe, ms, spec, signal, urgent, doing = 'importing' } = manner
  const { unusable } = unit.runtime
  if (unusable !== undefined) throw new QueryFailure('SANDBOX_UNAVAILABLE', unusable)
  signal?.throwIfAborted()
  const runner = await cells.open(unit, { spec, describe, urgent })
  if (urgent && isUndoable) putLevel(runner.pid)
  const { folder, cleanUp } = cells.ownFolder(scratch)
  const timer = setTimeout(() => {
    runner.kill('MODULE_TIMED_OUT', `${doing} the module took longer than ${ms / 1000} s`)
  }, ms)
  const giveUp = (): void => runner.kill('SHUTTING_DOWN', 'nobody waits for it any more')
  signal?.addEventListener('abort', giveUp)
  if (signal?.aborted) giveUp()
  const allowed = memoryLimit(runner, unit, 1)
  const memory = runner.fromTemplate ? undefined : new MemoryWatch(runner)
  let looks = 0
  const watch = setInterval(() => {
    // It may be at it for a minute, and others have work to do; a runner that answers queries must not stay behind.
    if (describe && (looks += 1) === LOOKS_BEFORE_BEHIND) putBehind(runner.pid)
    if (memory === undefined || memory.measure() <= allowed) return
    runner.kill('MODULE_OUT_OF_MEMORY', `${doing} the module took more than ${allowed / MEGABYTE} MB`)
  }, WATCH_MS)
  let reply: Reply
  try {
    reply = await runner.load(unit.runtime.load(unit.source, unit.settings, folder, describe), unit.content, spec?.contentBytes)
  } catch (failure) {
    void runner.gone.then(cleanUp)
    throw failure
  } finally {
    signal?.removeEventListener('abort', giveUp)
    clearTimeout(timer)
    clearInterval(watch)
  }
  if (reply.header.type === 'loaded') return { started: { runner, cleanUp }, reply }
  if (urgent && reply.header.type === 'failed') leave(unit, { runner, cleanUp }, { cells, scratch })
  else letGo({ runner, cleanUp })
  if (reply.header.type !== 'failed') throw new QueryFailure('PROTOCOL_VIOLATION', 'expected "loaded" or "failed"')
  const { error, file, line, trace, missing, install, files } = reply.header
  expectOwn(files ?? [], unit.source)
  throw new LoadError({
    error,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(trace !== undefined && { trace }),
    ...(missing !== undefined && { missing }),
    // The compiler's word is ours, a runner's may be the module's: nobody should paste that.
    ...(install !== undefined && doing === 'compiling' && { install }),
    ...(files !== undefined && { files }),
  })
}
