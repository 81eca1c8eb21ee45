import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { shellWord } from '../../shell_word.ts'
import type { Declaration } from './declaration.ts'
import { Refusal } from './refusal.ts'

export interface Found {
  /** What to start: the first is an absolute path. */
  readonly argv: readonly string[]
  /** The module's own files among it, absolute. */
  readonly files: readonly string[]
}

/** The program that a declaration names. Throws Refusal where it cannot be started, and says why. */
export function findProgram({ argv, files }: Declaration, declaration: string, path: string): Found {
  const folder = dirname(declaration)
  const isOwn = (text: string): boolean => /^\.\.?\//.test(text)
  const [program = '', ...rest] = argv
  const resolved = rest.map((text) => (isOwn(text) ? resolve(folder, text) : text))
  const own = [...argv.filter(isOwn), ...files].map((text) => resolve(folder, text))
  for (const file of own) if (!isThere(file)) throw new Refusal(`expected the file ${file}, which ${basename(declaration)} names, found none`, declaration)
  const first = program.includes('/') ? resolve(folder, program) : onPath(program, declaration, path)
  checkExecutable(first, declaration, path)
  return { argv: [first, ...resolved], files: own.filter((file) => statSync(file).isFile()) }
}

/** Absolute path of a program in one of the folders of PATH. undefined: there is none. */
export function which(program: string, path: string): string | undefined {
  return path.split(delimiter).filter(isAbsolute).map((folder) => join(folder, program)).find(isExecutable)
}

function onPath(program: string, declaration: string, path: string): string {
  const found = which(program, path)
  if (found !== undefined) return found
  const beside = isThere(join(dirname(declaration), program)) ? `; the file beside the declaration is "./${program}"` : ''
  throw new Refusal(`expected a program "${program}" on PATH, found none in ${path}${beside}`, declaration)
}

function checkExecutable(file: string, declaration: string, path: string): void {
  if (!isThere(file)) throw new Refusal(`expected the program ${file}, found no such file`, declaration)
  if (!isExecutable(file)) {
    const mode = (statSync(file).mode & 0o777).toString(8).padStart(4, '0')
    throw new Refusal(`expected ${file} to be a file that can be executed, found mode ${mode}: chmod +x ${shellWord(file)}`, file)
  }
  const start = beginningOf(file)
  if (start === undefined || isBinary(start)) return
  const text = start.toString('latin1')
  if (!text.startsWith('#!')) {
    throw new Refusal(`expected ${file} to be a binary program of this system or to begin with #! and its interpreter, found ${JSON.stringify(text.slice(0, 20))}`, file, 1)
  }
  checkInterpreter(text.slice(2).split('\n')[0] ?? '', file, path)
}

function checkInterpreter(line: string, file: string, path: string): void {
  if (line.endsWith('\r')) throw new Refusal(`expected ${file} to have Unix line ends, found a carriage return after #!${line.trimEnd()}`, file, 1)
  const [interpreter = '', ...words] = line.trim().split(/\s+/)
  if (!isExecutable(interpreter)) throw new Refusal(`${file} wants the interpreter ${interpreter}, which is not installed`, file, 1)
  if (basename(interpreter) !== 'env') return
  const wanted = words.find((word) => !word.startsWith('-') && !word.includes('='))
  if (wanted !== undefined && !wanted.includes('/') && which(wanted, path) === undefined) {
    throw new Refusal(`${file} wants the interpreter ${wanted}, which is not on PATH`, file, 1)
  }
}

/** Linux and macOS. */
const MAGIC = [0x7f454c46, 0xcffaedfe, 0xcafebabe]

function isBinary(start: Buffer): boolean {
  return start.length >= 4 && MAGIC.includes(start.readUInt32BE(0))
}

/** undefined: it may be executed and not read. */
function beginningOf(file: string): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r')
    const start = Buffer.alloc(256)
    const bytes = readSync(descriptor, start)
    closeSync(descriptor)
    return start.subarray(0, bytes)
  } catch {
    return undefined
  }
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
