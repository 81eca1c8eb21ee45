import { readFileSync, statSync } from 'node:fs'
import { BodyScan } from '../http/compat/scan.ts'
import { UsageError } from './usage_error.ts'

/** A request body for a module, and the timeout in it, in seconds. */
export interface QueryBody {
  readonly bytes: Buffer
  readonly timeout: number | undefined
}

/**
 * The body that the words after the module's name stand for: one JSON object, or `key=value` words. `stdin` is read for `-`,
 * and where there are no words and it is no terminal. Numbers and key order stay as written. Throws UsageError.
 */
export async function queryBody(module: string, words: readonly string[], stdin: NodeJS.ReadStream): Promise<QueryBody> {
  const [first = ''] = words
  if (words.length === 1 && /^\s*[[{]/.test(first)) return fromJson(module, Buffer.from(first))
  if (words.length === 1 && first === '-') return fromJson(module, await readAll(stdin))
  if (words.length > 0) return fromJson(module, Buffer.from(toJson(words)))
  const piped = stdin.isTTY ? Buffer.alloc(0) : await readAll(stdin)
  return fromJson(module, piped.toString('latin1').trim() === '' ? Buffer.from('{}') : piped)
}

async function readAll(stream: NodeJS.ReadStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The very bytes, with the module's name in front where they do not hold it. */
function fromJson(module: string, bytes: Buffer): QueryBody {
  const scan = new BodyScan()
  scan.push(bytes)
  const scanned = scan.end()
  if (!scanned.valid) throw new UsageError(`expected a JSON object, found ${scanned.reason} at byte ${scanned.offset}`)
  if (!scanned.object) throw new UsageError(`expected a JSON object, found ${bytes.toString('utf8', 0, 60)}`)
  if (scanned.timeout.kind === 'invalid') throw new UsageError(`expected "timeout" to be a number of seconds, found ${scanned.timeout.found}`)
  const timeout = scanned.timeout.kind === 'seconds' ? scanned.timeout.seconds : undefined
  if (scanned.module.kind === 'name' && scanned.module.name === module) return { bytes, timeout }
  if (scanned.module.kind !== 'absent') {
    const found = scanned.module.kind === 'name' ? `"${scanned.module.name}"` : 'no name'
    throw new UsageError(`expected "module" in the body to be "${module}", as in the command, found ${found}`)
  }
  const brace = bytes.indexOf('{') + 1
  const empty = /^\s*\}/.test(bytes.toString('latin1', brace))
  const name = Buffer.from(`"module":${JSON.stringify(module)}${empty ? '' : ','}`)
  return { bytes: Buffer.concat([bytes.subarray(0, brace), name, bytes.subarray(brace)]), timeout }
}

/** An object under construction; the leaves are JSON text. */
type Tree = Map<string, string | Tree>

function toJson(words: readonly string[]): string {
  const root: Tree = new Map()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`expected key=value, one JSON object or -, found ${JSON.stringify(word)}`)
    plant(root, word.slice(0, at), toValue(word.slice(0, at), word.slice(at + 1)))
  }
  return render(root)
}

/** `attribute.type` is the key `type` of the object `attribute`. */
function plant(root: Tree, key: string, value: string): void {
  const path = key.split('.')
  const last = path.pop() ?? ''
  let tree = root
  for (const part of path) {
    const next = tree.get(part) ?? new Map<string, string | Tree>()
    if (typeof next === 'string') throw new UsageError(`expected ${part} of ${key} to have no value of its own, found ${next}`)
    tree.set(part, next)
    tree = next
  }
  if (tree.has(last)) throw new UsageError(`expected ${key} once, found it twice`)
  tree.set(last, value)
}

function render(tree: Tree): string {
  return `{${[...tree].map(([key, value]) => `${JSON.stringify(key)}:${typeof value === 'string' ? value : render(value)}`).join(',')}}`
}

/** JSON as it is, `@file` as the file's bytes in base64, anything else as text. */
function toValue(key: string, text: string): string {
  if (text.startsWith('@')) return JSON.stringify(readBytes(key, text.slice(1)).toString('base64'))
  return isJson(text) ? text : JSON.stringify(text)
}

function isJson(text: string): boolean {
  const scan = new BodyScan()
  scan.push(Buffer.from(text))
  return scan.end().valid
}

function readBytes(key: string, file: string): Buffer {
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder')
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`expected a file to read for ${key}=@${file}, found: ${(error as Error).message} (for a text that begins with @: ${key}='"@${file}"')`)
  }
}
