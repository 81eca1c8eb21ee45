import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Introspection, LoadFailure, ModuleSource } from '../../sandboxes/contract.ts'
import type { ContentStore } from './content_store.ts'

export type Described =
  | { readonly introspection: Introspection; readonly content: Uint8Array | undefined; readonly failure?: undefined }
  | {
      readonly failure: LoadFailure
      /** The host's trouble and not the module's: nothing to remember. */
      readonly transient?: boolean
      readonly introspection?: undefined
      readonly content?: undefined
    }

const optionalText = z.string().optional().transform((value) => value)
const Entry = z.object({
  /** SHA-256 of each of the module's own files. */
  files: z.record(z.string(), z.string()),
  introspection: z.object({ entry: z.string(), heavy: z.boolean(), files: z.array(z.object({ path: z.string(), sha256: z.string() })) }).optional(),
  /** Digest of its content, which is in the content store. */
  content: z.string().optional(),
  failure: z.object({
    error: z.string(),
    file: optionalText,
    line: z.number().optional(),
    trace: optionalText,
    missing: optionalText,
  }).optional(),
})
const Document = z.object({ environment: z.string(), modules: z.record(z.string(), Entry) })

/**
 * What modules said about themselves, kept between starts: a warm start starts no module at all. `environment` is a digest of
 * everything that all modules depend on (interpreter, installed packages, runner); when it changes all is forgotten,
 * failures too, so that a package installed meanwhile is noticed.
 */
export class DescribeCache {
  readonly #path: string
  readonly #environment: string
  readonly #modules: Record<string, z.infer<typeof Entry>>
  readonly #contents: ContentStore
  #changed = false

  constructor(path: string, environment: string, contents: ContentStore) {
    this.#contents = contents
    this.#path = path
    this.#environment = environment
    this.#modules = read(path, environment)
  }

  get(source: ModuleSource): Described | undefined {
    const entry = this.#modules[keyOf(source)]
    if (entry === undefined) return undefined
    for (const [file, digest] of Object.entries(entry.files)) if (digestOf(file) !== digest) return undefined
    const content = entry.content === undefined ? undefined : this.#contents.get(entry.content)
    if (entry.content !== undefined && content === undefined) return undefined
    if (entry.introspection !== undefined) return { introspection: entry.introspection, content }
    // zod leaves absent keys absent; the types cannot say so.
    return entry.failure === undefined ? undefined : { failure: entry.failure as LoadFailure }
  }

  set(source: ModuleSource, described: Described): void {
    if (described.failure !== undefined && described.transient) return
    // Built-in modules change with the package, which the environment's digest covers.
    const { introspection, content, failure } = described
    const read = introspection?.files ?? failure?.files
    const own = read?.map(({ path, sha256 }) => [path, sha256]) ?? [[source.file, digestOf(source.file)]]
    const files = source.builtin ? {} : Object.fromEntries(own)
    this.#modules[keyOf(source)] = {
      files,
      ...(introspection ? { introspection } : { failure }),
      ...(content && { content: this.#contents.put(content) }),
    } as z.infer<typeof Entry>
    this.#changed = true
  }

  /** Written to a new file and renamed, so that a reader never meets half of it. A full disk costs the cache only. */
  save(): Error | undefined {
    if (!this.#changed) return undefined
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      const next = `${this.#path}.${process.pid}`
      writeFileSync(next, JSON.stringify({ environment: this.#environment, modules: this.#modules }))
      renameSync(next, this.#path)
      this.#changed = false
      return undefined
    } catch (error) {
      return error as Error
    }
  }
}

function read(path: string, environment: string): Record<string, z.infer<typeof Entry>> {
  try {
    const document = Document.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return document.success && document.data.environment === environment ? document.data.modules : {}
  } catch {
    return {}
  }
}

function keyOf(source: ModuleSource): string {
  return `${source.runtime}:${source.type}:${source.file}`
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return 'unreadable'
  }
}
