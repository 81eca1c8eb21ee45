import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readDeclaration, type Declaration } from './declaration.ts'
import { findProgram } from './find_program.ts'
import type { Leftovers } from './leftovers.ts'
import { Once, type Asked } from './once.ts'
import { Pipes } from './pipes.ts'
import type { ProgramParts } from './program.ts'
import { Refusal } from './refusal.ts'
import { Relay } from './relay.ts'

const MEGABYTE = 1 << 20
/** Everything is in every listing. The host takes no more before the first query. */
const LONGEST = 1 << 20
const TYPE_WORDS: Readonly<Record<string, string>> = { expansion: 'expansion', import_mod: 'import', export_mod: 'export', action_mod: 'action' }

/** What the shim reads of the host's `load` message. */
export interface LoadHeader {
  readonly type: 'load'
  readonly id: string
  readonly name: string
  readonly module_type: string
  readonly file: string
  readonly describe: boolean
  readonly scratch: string
  readonly env: Readonly<Record<string, string>>
  readonly output_bytes: number
  readonly descriptors: number
  readonly file_mb: number
  /** Of what it asks for, the filter is not for programs: many are scripts that start others. */
  readonly hold?: { readonly processes: number }
}

export type Became =
  | { readonly asked: Asked | undefined; readonly files: readonly { path: string; sha256: string }[]; readonly entry: readonly Buffer[] }
  | { readonly failure: { readonly error: string; readonly file?: string; readonly line?: number } }

/** Becomes the module that a declaration describes, given as content or else read from its file. No program is started to describe it. */
export function become(message: LoadHeader, content: readonly Buffer[], leftovers: Leftovers): Became {
  const { file, scratch } = message
  const env: Record<string, string | undefined> = { ...process.env, ...message.env, TMPDIR: scratch, MISP_MODULE_DIR: dirname(file) }
  try {
    const text = content.length > 0 ? Buffer.concat(content) : readFile(file)
    const declaration = readDeclaration(text.toString(), file)
    const { argv, files } = findProgram(declaration, file, env['PATH'] ?? '')
    const sources = [{ path: file, sha256: digest(text) }, ...[...new Set(files)].map((path) => ({ path, sha256: digest(readFileSync(path)) }))]
    if (message.describe) return { asked: undefined, files: sources, entry: [entryOf(declaration, message)] }
    const parts: ProgramParts = {
      argv, env, cwd: scratch, leftovers,
      pipes: new Pipes(scratch),
      limits: { descriptors: message.descriptors, fileBytes: message.file_mb * MEGABYTE, cpu: undefined, processes: message.hold?.processes },
    }
    const asked = declaration.protocol === 'frames' ? new Relay(parts, message.output_bytes) : new Once(parts, message.output_bytes)
    return { asked, files: sources, entry: [] }
  } catch (error) {
    const { message: text } = error as Error
    if (!(error instanceof Refusal)) return { failure: { error: text.split('\n')[0] ?? '', file } }
    return { failure: { error: text.slice(0, 1000), file: error.file, ...(error.line !== undefined && { line: error.line }) } }
  }
}

function readFile(file: string): Buffer {
  const bytes = readFileSync(file)
  if (bytes.length > LONGEST) throw new Refusal(`expected a declaration of at most ${LONGEST} bytes, found ${bytes.length}`, file)
  return bytes
}

/** The module's entry in `GET /modules`. Clients index `meta.author`, `.description` and `.module-type` without a default. */
function entryOf({ introspection, version }: Declaration, { name, module_type: type, file }: LoadHeader): Buffer {
  const meta = { ...version, author: version.author ?? '', description: version.description ?? '', 'module-type': version['module-type'] ?? [TYPE_WORDS[type]] }
  const entry = Buffer.from(JSON.stringify({ name, type, mispattributes: introspection, meta }))
  if (entry.length > LONGEST) throw new Refusal(`introspection and version are ${entry.length} bytes as JSON, at most ${LONGEST} may be`, file)
  return entry
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
