import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { AuthoredFiles } from '../../sandboxes/authored_files.ts'
import type { Introspection, LoadFailure, ModuleSource } from '../../sandboxes/contract.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import type { ContentStore } from './content_store.ts'
import { sha256 } from './digest.ts'

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
  introspection: z.object({ entry: z.string(), heavy: z.boolean(), lean: z.boolean().optional(), files: z.array(z.object({ path: z.string(), sha256: z.string() })) }).optional(),
  /** Digest of its content, which is in the content store. */
  content: z.string().optional(),
  failure: z.object({
    error: z.string(),
    file: optionalText,
    line: z.number().optional(),
    trace: optionalText,
    missing: optionalText,
    install: optionalText,
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
  readonly #contents: Contents
  /** Contents that are not in the store yet. */
  readonly #unsaved = new Map<string, Uint8Array>()
  #changed = false
  #saving: NodeJS.Timeout | undefined

  constructor(path: string, environment: string, contents: Contents) {
    this.#contents = contents
    this.#path = path
    this.#environment = environment
    this.#modules = read(path, environment)
  }

  get(source: ModuleSource): Described | undefined {
    const entry = this.#modules[keyOf(source)]
    if (entry === undefined) return undefined
    const authored = new AuthoredFiles(source)
    for (const [file, digest] of Object.entries(entry.files)) if (authored.digest(file) !== digest) return undefined
    const { introspection } = entry
    if (introspection !== undefined) {
      const content = this.#contentOf(source, entry)
      return content === 'lost' ? undefined : { introspection, content }
    }
    // zod leaves absent keys absent; the types cannot say so.
    return entry.failure === undefined ? undefined : { failure: entry.failure as LoadFailure }
  }

  /** `before`: digest of the module's own file before it was described. */
  set(source: ModuleSource, described: Described, before: string): void {
    if (described.failure !== undefined && described.transient) return
    // Built-in modules change with the package, which the environment's digest covers.
    const { introspection, content, failure } = described
    const read = introspection?.files ?? failure?.files
    const own = read?.map(({ path, sha256: digest }) => [path, digest]) ?? [[source.file, before]]
    const files = source.builtin ? {} : Object.fromEntries(own)
    this.#modules[keyOf(source)] = {
      files,
      ...(introspection ? { introspection } : { failure }),
      ...(content && this.#contents.remake(source) === undefined && { content: this.#kept(content) }),
    } as z.infer<typeof Entry>
    this.#changed = true
  }

  #contentOf(source: ModuleSource, { content, introspection }: z.infer<typeof Entry>): Uint8Array | undefined | 'lost' {
    if (content !== undefined) return this.#unsaved.get(content) ?? this.#contents.store.get(content) ?? 'lost'
    try {
      return this.#contents.remake(source)?.(source, introspection?.files ?? [])
    } catch {
      return 'lost'
    }
  }

  #kept(content: Uint8Array): string {
    const name = sha256(content)
    this.#unsaved.set(name, content)
    return name
  }

  /** Soon, and once for what changes until then: it is more work than most changes. A full disk costs the cache only. */
  save(): void {
    if (this.#changed) this.#saving ??= setTimeout(() => this.write(), SAVE_MS)
  }

  /** Another one has taken over the file. */
  discard(): void {
    clearTimeout(this.#saving)
    this.#changed = false
  }

  /** Now: to a new file that is then renamed, so that a reader never meets half of it. */
  write(): void {
    clearTimeout(this.#saving)
    this.#saving = undefined
    if (!this.#changed) return
    // Of many saves in a moment, only what the last ones made.
    for (const { content } of Object.values(this.#modules)) {
      const unsaved = content && this.#unsaved.get(content)
      if (unsaved) this.#contents.store.put(unsaved)
    }
    this.#unsaved.clear()
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      const next = `${this.#path}.${process.pid}`
      writeFileSync(next, JSON.stringify({ environment: this.#environment, modules: this.#modules }))
      renameSync(next, this.#path)
      this.#changed = false
    } catch {
      // A start without it takes longer.
    }
  }
}

const SAVE_MS = 1000

/** Where the contents of modules come from that were described before. */
export interface Contents {
  readonly store: ContentStore
  /** How a content is made again from the files; undefined: it is kept in the store. */
  readonly remake: (source: ModuleSource) => Runtime['contentOf']
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
