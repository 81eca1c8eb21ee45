import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { askUnit } from '../ask_one.ts'
import { makeUnit, type Offer } from '../registry/serving.ts'
import { MODULE_TYPES, type LoadFailure, type ModuleSource, type ModuleType, type Result } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'
import { describeModule, LoadError, type Description, type Places } from '../../sandboxes/start_runner.ts'
import type { Unit } from '../../sandboxes/unit.ts'
import { checkAnswer } from './answer.ts'
import { checkAttributes, type Entry } from './attributes.ts'
import { findings, isObject, isTexts, type Finding, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'
import { checkMeta } from './meta.ts'
import { networkTrouble } from './network_trouble.ts'
import { sampleBody } from './sample.ts'
import { hasData } from './sample_values.ts'
import type { Target } from './targets.ts'

export interface CheckOptions {
  readonly offer: Offer
  readonly places: Places
  readonly known: Knowledge
  /** The request to try instead of a sample, without `module`. */
  readonly query: ((module: string) => Buffer) | undefined
  /** Seconds that the query may take. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Names of modules of the installed misp-modules. */
  readonly upstream: ReadonlySet<string>
}

/** What was found out about one module. */
export interface Checked {
  readonly source: ModuleSource
  readonly loadMs: number
  /** undefined: it does not load. */
  readonly entry: Entry | undefined
  /** Why it does not load. */
  readonly failure: LoadFailure | undefined
  readonly findings: readonly Finding[]
  /** undefined: it was not asked. */
  readonly sample: Sample | undefined
}

/** One query and what became of it. */
export interface Sample {
  readonly body: string
  readonly ms: number
  /** `success`, `module_error` or the code of a failure. */
  readonly outcome: string
  /** The answer as the module wrote it. */
  readonly answer: string | undefined
  /** What MISP would show, line by line. */
  readonly shows: readonly string[]
  /** The module's own traceback. */
  readonly trace: string | undefined
}

/** Loads a module in a real runner, looks at what it says of itself, and asks it once. Rejects only where the host itself fails. */
export async function checkModule(target: Target, options: CheckOptions): Promise<Checked> {
  const say = findings()
  const began = performance.now()
  const loaded = target.clash === undefined ? await load(target, options) : { source: target.source, failure: target.clash }
  const loadMs = performance.now() - began
  const { source } = loaded
  if (!('unit' in loaded)) {
    const { error, file, line } = loaded.failure
    say.error('load', `${error}${file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`}`)
    return { source, loadMs, entry: undefined, failure: loaded.failure, findings: say.all, sample: undefined }
  }
  const entry = JSON.parse(loaded.description.introspection.entry) as Entry
  if (target.guess) say.note('type', `taken for ${source.type} by what it says of itself; --type, or a folder of that name, says it for certain`)
  if (options.upstream.has(source.name)) say.note('name', `misp-modules has a module "${source.name}" too: this one takes its place`)
  checkAttributes(entry, options.known, say)
  checkMeta(entry, say)
  const sample = await ask(loaded.unit, entry, options, say)
  return { source, loadMs, entry, failure: undefined, findings: say.all, sample }
}

type Loaded = { readonly source: ModuleSource; readonly unit: Unit; readonly description: Description }
  | { readonly source: ModuleSource; readonly failure: LoadFailure }

/** Where the type is a guess, the module is loaded again as what it says it is: helpers of upstream differ by type. */
async function load(target: Target, options: CheckOptions): Promise<Loaded> {
  const loaded = await describe(target.source, options)
  if (!target.guess || 'failure' in loaded) return loaded
  const type = typeSaid(JSON.parse(loaded.description.introspection.entry) as Entry)
  return type === target.source.type ? loaded : await describe({ ...target.source, type }, options)
}

async function describe(source: ModuleSource, { offer, places, signal }: CheckOptions): Promise<Loaded> {
  const unit = makeUnit(offer, source, undefined)
  try {
    const description = await describeModule(unit, places, { ms: LOAD_MS, signal })
    // Its runners are told from those that described it, and become what was described.
    return { source, description, unit: { ...unit, key: randomUUID(), introspection: description.introspection, content: description.content } }
  } catch (thrown) {
    if (thrown instanceof LoadError) return { source, failure: thrown.reason }
    if (thrown instanceof QueryFailure && thrown.blame === 'module') return { source, failure: { error: thrown.message } }
    throw thrown
  }
}

const LOAD_MS = 60_000

const WORDS: Readonly<Record<string, ModuleType>> = { import: 'import_mod', export: 'export_mod', action: 'action_mod' }

function typeSaid({ mispattributes: attributes, meta }: Entry): ModuleType {
  const words = isTexts(meta['module-type']) ? meta['module-type'] : []
  const said = words.map((word) => WORDS[word]).find((type) => type !== undefined)
  if (said !== undefined || !isObject(attributes)) return said ?? MODULE_TYPES[0]
  if ('responseType' in attributes || 'outputFileExtension' in attributes) return 'export_mod'
  if ('inputSource' in attributes) return 'import_mod'
  return isObject(attributes['config']) ? 'action_mod' : MODULE_TYPES[0]
}

async function ask(unit: Unit, entry: Entry, options: CheckOptions, say: Findings): Promise<Sample | undefined> {
  const { places, known, query, timeout, signal } = options
  const made = query === undefined ? sampleBody(entry, known) : undefined
  if (query === undefined && made === undefined) {
    say.note('query', 'not asked: it declares no input to make a request of; --query gives one')
    return undefined
  }
  const body = query?.(entry.name) ?? Buffer.from(JSON.stringify(made))
  const began = performance.now()
  const asked = { body: body.toString(), ms: 0, answer: undefined, trace: undefined, shows: [] }
  try {
    const result = await askUnit(unit, places, { body, timeout, signal })
    return { ...asked, ms: performance.now() - began, ...judged(result, body, entry, options, say) }
  } catch (failure) {
    if (!(failure instanceof QueryFailure) || failure.blame === 'host') throw failure
    const { code, trace } = failure
    const shows = failed(failure, entry, { timeout, given: query !== undefined }, say)
    return { ...asked, ms: performance.now() - began, outcome: code, trace, shows }
  } finally {
    // What the module printed was written before its answer, and is read in the same turn of the event loop.
    await setImmediate()
  }
}

function judged(result: Result, body: Buffer, entry: Entry, { known, query }: CheckOptions, say: Findings): Pick<Sample, 'outcome' | 'answer' | 'shows'> {
  const answer = Buffer.concat(result.body).toString()
  const parsed: unknown = answer === '' ? undefined : JSON.parse(answer)
  const shows = checkAnswer({ entry, body: JSON.parse(body.toString()) as Record<string, unknown>, answer: parsed, known, say })
  const { error } = Object(parsed) as { error?: unknown }
  if (result.outcome === 'module_error') {
    const text = typeof error === 'string' ? error : JSON.stringify(error ?? parsed)
    if (networkTrouble(text)) say.note('query', 'the module says that it did not reach the network: its answer says nothing about it')
    else if (query === undefined && madeUp(entry) !== undefined) say.note('query', `the module answered an error to a request with ${madeUp(entry)}; --query gives it real ones`)
    else say.warning('query', `the module answered an error: ${text}`)
  }
  return { outcome: result.outcome, answer, shows }
}

/** A query that did not end in an answer, and what MISP gets for it. */
function failed(failure: QueryFailure, entry: Entry, { timeout, given }: { timeout: number; given: boolean }, say: Findings): string[] {
  const { code, message, trace = '' } = failure
  if (code === 'MODULE_TIMED_OUT') {
    say.warning('query', networkTrouble(trace) ? 'the module did not reach the network in time' : `no answer within ${timeout} s; MISP waits 10 s unless told otherwise`)
    return ['the error: Timeout.']
  }
  const generic = ['the error: Something went wrong, look in the server logs for details']
  if (networkTrouble(`${message}\n${trace}`)) {
    say.note('query', `the module did not reach the network, and raised: ${message}`)
  } else if (!given && code === 'MODULE_THREW' && madeUp(entry) === FILE) {
    say.warning('query', `${code}: ${message} (the request had ${FILE}; --query gives it a real one)`)
  } else {
    // MISP asks a module of which no setting is filled in just so.
    const hint = !given && hasSettings(entry) ? ` (the request had ${SETTINGS}; MISP sends one like it until they are filled in)` : ''
    say.error('query', `${code}: ${message}${hint}`)
  }
  return generic
}

const SETTINGS = 'no settings'
const FILE = 'a made-up file'

/** What a module may rightly stumble over in a request that was made up. undefined: nothing. */
function madeUp(entry: Entry): string | undefined {
  if (hasSettings(entry)) return SETTINGS
  const input = isObject(entry.mispattributes) ? entry.mispattributes['input'] : undefined
  return entry.type === 'import_mod' || (isTexts(input) && input.some(hasData)) ? FILE : undefined
}

function hasSettings({ type, mispattributes: attributes, meta: { config } }: Entry): boolean {
  if (type !== 'action_mod') return Array.isArray(config) && config.length > 0
  return [config, isObject(attributes) ? attributes['config'] : undefined].some((each) => isObject(each) && isObject(each['params']))
}
