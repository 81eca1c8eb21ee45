import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { knowledge, type Knowledge } from '../check/knowledge.ts'
import type { Entry } from '../check/attributes.ts'
import { findOrNone } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import type { Host } from '../host.ts'
import { listen, type Listening } from '../http/listen.ts'
import { makeHandle } from '../make_handle.ts'
import { mends } from '../mend.ts'
import { openHost, type OpenHost } from '../open_host.ts'
import { watchPackages } from '../package_watch.ts'
import { Renewals } from '../renewals.ts'
import { ModuleWatch } from '../watch_modules.ts'
import { MODULE_TYPES } from '../../sandboxes/contract.ts'
import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import { devLog } from './dev/dev_log.ts'
import { printer, type Print } from './dev/print.ts'
import { ToldModules } from './dev/told_modules.ts'
import { ToldQueries } from './dev/told_queries.ts'
import { interruption } from './interruption.ts'
import { stopSignal } from './signals.ts'
import { windDown } from './until_stopped.ts'
import { UsageError } from './usage_error.ts'

export interface DevCommand {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The module root, as it was given. */
  readonly folder: string
}

type Opened = OpenHost<PreparedPython | undefined>

const INTERRUPTED = 130
/** Queries that run when it is ended have so long: somebody waits at the terminal. */
const GRACE_MS = 1000

/** `dev`: serves the modules of one folder, tells of each save and query, until a signal. Returns the exit status; rejects as `serve`. */
export async function dev({ environment, folder, ...command }: DevCommand): Promise<number> {
  const root = resolve(folder)
  expectFolder(root, folder)
  const config: Config = { ...command.config, roots: { ...command.config.roots, custom: '', modules: [root] } }
  const print = printer(process.stderr)
  const log: Logger = devLog({ print, moduleOf: (id) => queries?.moduleOf(id) })
  let queries: ToldQueries | undefined
  using setUp = interruption()
  const opened = await openHost({ config, environment, log, choose: findOrNone, trustFailures: false, onlyOwn: true })
  const { host, offer } = opened
  const known = lazyKnowledge(opened, log)
  const told = new ToldQueries({ print, watched: host.watched, entryOf: (name) => entryOf(host, name), known: known.now, secrets: config.log.debugExtended })
  queries = told
  const ending = new AbortController()
  try {
    host.warmUp(offer)
    const handle = makeHandle({ config, log, opened, ending: ending.signal, ask: told.layer(host.ask) })
    const [ready] = await setUp.orElse(Promise.all([handle, host.serve(offer), known.read()]))
    const listening = await listen({ name: config.server.listen, port: config.server.port, handle: ready, log })
    await untilStopped({ config, root, log, print, opened, listening, known, setUp })
    ending.abort()
    await windDown([host], [listening], GRACE_MS)
    return 0
  } finally {
    await host.destroy()
  }
}

function expectFolder(root: string, given: string): void {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) return
  throw new UsageError(`expected a folder with modules at ${given}, found none; "misp-module-host new NAME --root ${given}" makes one with a module in it`)
}

interface Running {
  readonly config: Config
  readonly root: string
  readonly log: Logger
  readonly print: Print
  readonly opened: Opened
  readonly listening: Listening
  readonly known: LazyKnowledge
  /** What takes signals until this does. */
  readonly setUp: Disposable
}

async function untilStopped({ config, root, log, print, opened, listening, known, setUp }: Running): Promise<void> {
  const { host, python } = opened
  const address = `http://${config.server.listen === 'localhost' ? '127.0.0.1' : config.server.listen || '127.0.0.1'}:${listening.port}`
  const modules = new ToldModules({ print, catalogue: host.catalogue, known: known.now, mend: mends(() => python()?.environment), address })
  using renewals = new Renewals({ log, renew: opened.renew, renewed: known.read })
  const stopped = stopSignal({
    reload: () => renewals.begin('SIGHUP', () => config),
    hurry: () => {
      host.pool.destroy()
      process.exit(INTERRUPTED)
    },
  })
  setUp[Symbol.dispose]()
  print('dev', `${root} is served at ${address}; save a file, and the next query runs it. Ctrl-C ends.`)
  if (python() === undefined) print('host', withoutPython(root))
  // One after the other, in the order they came in.
  let telling = modules.all()
  using _watch = new ModuleWatch(config, host, log)
  using _events = host.events.subscribe((event) => { telling = telling.then(() => modules.change(event)) })
  using _packages = watchPackages(() => python()?.environment.folders ?? [], () => renewals.begin('packages have changed', () => config))
  await stopped
  await telling
}

function withoutPython(root: string): string {
  const waiting = MODULE_TYPES.flatMap((type) => namesIn(join(root, type)).filter((name) => /^[^_].*\.py$/.test(name)).map((name) => `${type}/${name}`))
  const which = waiting.length === 0 ? '' : ` (${waiting.join(', ')})`
  return `no Python with misp-modules was found: modules in Python${which} are not served. "misp-module-host python install" makes an environment.`
}

function namesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : []
}

function entryOf(host: Host, name: string): Entry | undefined {
  const module = host.catalogue().loaded.get(name)
  return module && JSON.parse(module.introspection.entry) as Entry
}

interface LazyKnowledge {
  /** What is known by now. */
  readonly now: () => Knowledge
  readonly read: () => Promise<void>
}

/** What MISP knows by the packages of the environment; nothing where there is none. */
function lazyKnowledge({ python }: Opened, log: Logger): LazyKnowledge {
  let known = knowledge(undefined)
  return {
    now: () => known,
    async read() {
      const environment = python()?.environment
      if (environment === undefined) return
      const { readMispFacts } = await import('../../sandboxes/python/misp_facts.ts')
      try {
        known = knowledge(await readMispFacts(environment.python))
      } catch (error) {
        log.warn({ err: error }, 'what MISP knows could not be read from the environment: names are not compared')
      }
    },
  }
}
