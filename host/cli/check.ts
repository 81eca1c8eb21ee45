import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { checkAll } from '../check/check_all.ts'
import type { Checked } from '../check/check_module.ts'
import { knowledge, type Knowledge } from '../check/knowledge.ts'
import { hasPython, targetsAt, type Targets } from '../check/targets.ts'
import { findOrNone, onlyFind } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import { openGround, type Ground } from '../ground/ground.ts'
import { makeOffer } from '../offer.ts'
import { makePlaces } from '../places.ts'
import { discover } from '../registry/discover.ts'
import type { Offer } from '../registry/serving.ts'
import type { ModuleType } from '../../sandboxes/contract.ts'
import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import { readMispFacts } from '../../sandboxes/python/misp_facts.ts'
import { checkJson } from './check_json.ts'
import { checkText } from './check_text.ts'
import { commandLog } from './command_log.ts'
import { interruption, type Interruption } from './interruption.ts'
import { queryBody } from './query_body.ts'
import { UsageError } from './usage_error.ts'
import { whileWaiting } from './waiting.ts'

export interface CheckCommand {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A file or a folder. */
  readonly path: string
  /** `--type`, for a file outside of a module root. */
  readonly type: ModuleType | undefined
  /** The request to try: a file with a JSON object, or the words of `query`. Empty: one that is made of what the module declares. */
  readonly query: readonly string[]
  /** Seconds for that request. */
  readonly timeout: number
  readonly json: boolean
}

const FINE = 0
const FAULTY = 1
/** More modules than this are forked from a preloaded interpreter. */
const FEW = 3

/** `check`: modules as the host and MISP would take them. Returns the exit status; rejects with SetupError, UsageError, Interrupted. */
export async function check(command: CheckCommand): Promise<number> {
  const log = commandLog()
  using interrupted = interruption()
  const choose = hasPython(command.path) ? onlyFind(command.config) : findOrNone
  const ground: Ground<PreparedPython | undefined> = await openGround({ ...command, log, choose })
  const { targets, offer } = find(command, ground)
  const query = command.query.length === 0 ? undefined : await given(command.query, targets)
  const [known, checked] = await whileWaiting('checking', run({ command, ground, offer, targets, query, interrupted }))
  const python = ground.python?.environment
  const report = { checked, skipped: targets.skipped, known, python }
  process.stdout.write(command.json ? checkJson(report) : checkText(report))
  return checked.some(({ findings }) => findings.some(({ severity }) => severity === 'error')) ? FAULTY : FINE
}

/** Nothing but the modules that were named is on offer, besides those of the installed package. */
function find(command: CheckCommand, ground: Ground<PreparedPython | undefined>): { targets: Targets; offer: Offer } {
  const roots = { ...command.config.roots, custom: '', modules: [] }
  const bases = { ...ground, python: ground.python?.environment }
  const offer = makeOffer({ ...command.config, roots }, bases)
  const targets = targetsAt(command.path, { runtimes: offer.runtimes, type: command.type })
  if (targets.targets.length > FEW) return { targets, offer }
  // Few modules are not worth preloading for.
  const python = { ...command.config.python, form: 'single' as const }
  return { targets, offer: makeOffer({ ...command.config, roots, python }, bases) }
}

/** The request that was given, for the one module there is. Throws UsageError. */
async function given(words: readonly string[], { targets: [target, ...others] }: Targets): Promise<(module: string) => Buffer> {
  if (target === undefined || others.length > 0) throw new UsageError(`expected one module with --query, found ${others.length + 1}`)
  const [file = ''] = words
  const isFile = words.length === 1 && !/^\s*[[{]|^-$|=/.test(file)
  const { bytes } = await queryBody(target.source.name, isFile ? [read(file)] : words, process.stdin)
  return () => bytes
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`expected --query to be a file with a JSON object, or key=value words, found ${file}: ${(error as Error).message}`)
  }
}

interface Running {
  readonly command: CheckCommand
  readonly ground: Ground<PreparedPython | undefined>
  readonly offer: Offer
  readonly targets: Targets
  readonly query: ((module: string) => Buffer) | undefined
  readonly interrupted: Interruption
}

async function run({ command, ground, offer, targets, query, interrupted }: Running): Promise<[Knowledge, Checked[]]> {
  const { config, timeout } = command
  const places = makePlaces({ config, profile: ground.profile, account: ground.account, run: ground.run, onLog: () => {} })
  const python = ground.python?.environment
  const { signal } = interrupted
  try {
    const known = knowledge(python === undefined ? undefined : await interrupted.orElse(readMispFacts(python.python)))
    const options = { offer, places, known, query, timeout, signal, upstream: upstreamNames(python?.mispModules?.packageDir, offer) }
    return [known, await interrupted.orElse(checkAll(targets.targets, options, availableParallelism()))]
  } finally {
    await places.cells.close()
    await places.scratch.close()
  }
}

function upstreamNames(packageDir: string | undefined, { runtimes }: Offer): ReadonlySet<string> {
  const roots = packageDir === undefined ? [] : [{ path: join(packageDir, 'modules'), builtin: true }]
  return new Set(discover(roots, runtimes).candidates.map(({ name }) => name))
}
