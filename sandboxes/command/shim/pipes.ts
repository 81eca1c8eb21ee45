import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

/** So many are made at once: that starts a process. */
const AT_ONCE = 30
const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK } = constants

/** One end for a program, the other one for us. */
export interface Pipe {
  /** The program's end; to be closed when it has been started. */
  readonly descriptor: number
  readonly socket: Socket
}

/**
 * Pipes such as a shell makes. What Node calls a pipe is a socket, in which a program cannot open /dev/stdin or /dev/stderr, and
 * scripts do that. Each is used once: nothing of an earlier program has a hand in it.
 */
export class Pipes {
  readonly #folder: string
  readonly #names: string[] = []
  #made = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** For a program to read from. */
  input(): Pipe {
    const path = this.#next()
    // Somebody has to have the other end, or opening one waits.
    const both = openSync(path, O_RDWR | O_NONBLOCK)
    const descriptor = openSync(path, O_RDONLY)
    const ours = openSync(path, O_WRONLY | O_NONBLOCK)
    closeSync(both)
    unlinkSync(path)
    return { descriptor, socket: new Socket({ fd: ours, readable: false, writable: true }) }
  }

  /** For a program to write to. */
  output(): Pipe {
    const path = this.#next()
    const ours = openSync(path, O_RDONLY | O_NONBLOCK)
    const descriptor = openSync(path, O_WRONLY)
    unlinkSync(path)
    return { descriptor, socket: new Socket({ fd: ours, readable: true, writable: false }) }
  }

  /**
   * A file that holds a body, for a program to read as its stdin: a pipe whose writer is done cannot be opened as /dev/stdin, and one
   * that nobody reads would keep the body here.
   */
  file(body: readonly Uint8Array[]): number {
    const path = join(this.#folder, `.body-${crypto.randomUUID()}`)
    const writing = openSync(path, 'wx', 0o600)
    for (const chunk of body) writeFileSync(writing, chunk)
    closeSync(writing)
    const descriptor = openSync(path, O_RDONLY)
    unlinkSync(path)
    return descriptor
  }

  #next(): string {
    const name = this.#names.pop()
    if (name !== undefined) return name
    const folder = join(this.#folder, `.pipes-${this.#made++}`)
    mkdirSync(folder, { mode: 0o700 })
    const names = Array.from({ length: AT_ONCE }, (_, at) => join(folder, String(at)))
    execFileSync('mkfifo', ['-m', '600', ...names])
    this.#names.push(...names)
    return this.#next()
  }
}
