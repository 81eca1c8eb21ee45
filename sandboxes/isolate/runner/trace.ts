import { SourceMap, type SourceMapPayload } from 'node:module'

/** What a module's bundle is called inside of its isolate. */
export const BUNDLE = 'module:bundle'
/** What is ours inside of an isolate; frames of it are not shown. */
export const GUEST = 'module:guest'

/** A stack in terms of the author's files, and where in them it begins. */
export interface Trace {
  readonly text: string
  readonly file?: string
  readonly line?: number
}

/** Puts the author's files and lines into stacks of a bundle. */
export class Traces {
  readonly #map: SourceMap | undefined

  /** Without a usable map, places stay those of the bundle. */
  constructor(map: SourceMapPayload | undefined) {
    try {
      this.#map = map === undefined ? undefined : new SourceMap(map)
    } catch {
      this.#map = undefined
    }
  }

  of(stack: string): Trace {
    const lines: string[] = []
    let at: { file: string; line: number } | undefined
    let inPackage: typeof at
    for (const line of stack.split('\n')) {
      const found = FRAME.exec(line)
      if (found === null) {
        // What no frame is: the message, and what builtins add.
        if (!/^\s+at (?:.*\()?(?:<isolated-vm|module:guest|node:)/.test(line)) lines.push(line)
        continue
      }
      const [, before = '', where = '', row = '', column = '', after = ''] = found
      if (where !== BUNDLE) continue
      const origin = this.#origin(Number(row), Number(column))
      if (origin === undefined) {
        lines.push(`${before}bundle:${row}:${column}${after}`)
        continue
      }
      lines.push(`${before}${origin.file}:${origin.line}:${origin.column}${after}`)
      if (origin.file.includes('/node_modules/')) inPackage ??= origin
      else at ??= origin
    }
    return { text: lines.join('\n'), ...pick(at ?? inPackage) }
  }

  #origin(row: number, column: number): { file: string; line: number; column: number } | undefined {
    const origin = this.#map?.findOrigin(row, column)
    if (origin === undefined || !('fileName' in origin) || origin.fileName === undefined) return undefined
    return { file: origin.fileName.replace(/^file:\/\//, ''), line: origin.lineNumber, column: origin.columnNumber }
  }
}

/** `    at name (place:row:column)`, or without a name and brackets. */
const FRAME = /^(\s+at (?:.*\()?)(module:bundle|module:guest):(\d+):(\d+)(\)?)$/

function pick(at: { file: string; line: number } | undefined): { file?: string; line?: number } {
  return at === undefined ? {} : { file: at.file, line: at.line }
}
