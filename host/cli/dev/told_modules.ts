import { relative } from 'node:path'
import { checkAttributes, type Entry } from '../../check/attributes.ts'
import { findings } from '../../check/finding.ts'
import type { Knowledge } from '../../check/knowledge.ts'
import { checkMeta } from '../../check/meta.ts'
import { sampleBody } from '../../check/sample.ts'
import type { Catalogue, LoadedModule } from '../../registry/catalogue.ts'
import type { ModuleEvent } from '../../registry/events.ts'
import type { LoadFailure, ModuleSource } from '../../../sandboxes/contract.ts'
import type { Fix } from '../../../sandboxes/fix.ts'
import type { Print } from './print.ts'

export interface ToldModulesOptions {
  readonly print: Print
  readonly catalogue: () => Catalogue
  readonly known: () => Knowledge
  readonly mend: (source: ModuleSource, failure: LoadFailure) => Promise<Fix | undefined>
  /** Where the server is: `http://127.0.0.1:port`. */
  readonly address: string
}

/** Tells of modules: that they are there, what is wrong with what they say of themselves, how to ask them; or why they do not load. */
export class ToldModules {
  readonly #options: ToldModulesOptions

  constructor(options: ToldModulesOptions) {
    this.#options = options
  }

  async all(): Promise<void> {
    const { loaded, notLoaded } = this.#options.catalogue()
    for (const module of loaded.values()) this.#loaded('loaded', module)
    for (const { source, failure } of notLoaded) await this.#failed(source, failure, loaded.has(source.name))
  }

  async change({ kind, module, type, runtime, file, failure, version }: ModuleEvent): Promise<void> {
    const { print, catalogue } = this.#options
    const source: ModuleSource = { name: module, type, file, root: '', builtin: false, runtime }
    if (failure !== undefined) return await this.#failed(source, failure, version !== undefined)
    const now = catalogue().loaded.get(module)
    if (kind === 'removed' || kind === 'failed' || now === undefined) print('removed', `${module}  ${short(file)}`)
    else this.#loaded(kind, now)
  }

  #loaded(kind: 'loaded' | 'reloaded', { source, introspection }: LoadedModule): void {
    const { print, known, address } = this.#options
    const entry = JSON.parse(introspection.entry) as Entry
    print(kind, `${source.name}  ${source.type}, ${source.runtime}  ${short(source.file)}`)
    const say = findings()
    checkAttributes(entry, known(), say)
    checkMeta(entry, say)
    for (const { severity, about, message } of say.all.filter((each) => each.severity !== 'note')) print(severity, `${about}: ${message}`)
    const body = sampleBody(entry, known(), { small: true })
    if (body !== undefined) print('note', `curl -s ${address}/query -d ${quoted(JSON.stringify(body))}`)
  }

  async #failed(source: ModuleSource, failure: LoadFailure, stays: boolean): Promise<void> {
    const { error, file = source.file, line, trace } = failure
    const fix = await this.#options.mend(source, failure)
    this.#options.print('failed', [
      `${source.name}  does not load: ${error}`,
      `at ${short(file)}${line === undefined ? '' : `:${line}`}`,
      ...(fix === undefined ? fromOwn(trace, source.file) : [`missing: ${fix.what}`, `mend it with: ${fix.command}`]),
      ...(stays ? ['the version before it is still served'] : []),
    ].join('\n'))
  }
}

/** The end of a traceback, from the module's own file on. */
function fromOwn(trace: string | undefined, file: string): string[] {
  if (trace === undefined) return []
  const lines = trace.trimEnd().split('\n')
  return lines.slice(Math.max(0, lines.findIndex((line) => line.includes(file)))).slice(-LAST_LINES)
}

const LAST_LINES = 12

function short(file: string): string {
  const from = relative(process.cwd(), file)
  return from.startsWith('..') ? file : from
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
