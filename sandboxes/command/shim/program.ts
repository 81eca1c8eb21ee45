import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { confinement, type Wanted } from './confinement.ts'
import { kill, type Leftovers } from './leftovers.ts'
import type { Pipes } from './pipes.ts'

/** Most of what a program wrote to stderr that is kept to explain how it ended. */
const TAIL_BYTES = 16 * 1024
/** What a program left behind may hold its pipes open; it is ended, and then they are closed without it. */
const CLOSE_MS = 250

export interface ProgramParts {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly limits: Wanted
  readonly pipes: Pipes
  readonly leftovers: Leftovers
  /** What it finds on its stdin. undefined: a pipe, `input`. */
  readonly body?: readonly Uint8Array[]
}

/** How a program ended: with an exit status or by a signal, or it could not be started. */
export interface Ending {
  readonly status: number | null
  readonly signal: string | null
  readonly error?: string
}

/** A program of a module. What it writes to stderr goes to the log. */
export class Program {
  readonly input: Socket | undefined
  readonly output: Socket
  /** Settles when it has ended and all that it wrote has been read. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #error: Socket
  readonly #leftovers: Leftovers
  readonly #done: () => void
  #tail = ''

  constructor({ argv, env, cwd, limits, pipes, leftovers, body }: ProgramParts) {
    const input = body === undefined ? pipes.input() : { descriptor: pipes.file(body), socket: undefined }
    const [output, error] = [pipes.output(), pipes.output()]
    const { env: mark, ended } = leftovers.mark()
    const [command = '', ...rest] = [...confinement(limits, env['PATH'] ?? ''), ...argv]
    this.#child = spawn(command, rest, {
      cwd,
      env: { ...env, ...mark },
      stdio: [input.descriptor, output.descriptor, error.descriptor],
      // A process group of its own, which is killed as one.
      detached: true,
    })
    for (const { descriptor } of [input, output, error]) closeSync(descriptor)
    this.#leftovers = leftovers
    this.#done = ended
    this.input = input.socket
    this.output = output.socket
    this.#error = error.socket
    // A program may close its stdin, or never read it.
    this.input?.on('error', () => {})
    this.output.on('error', () => {})
    this.#error.on('error', () => {})
    this.#error.on('data', (chunk: Buffer) => {
      // Waits until it is written: a program that floods its log is slowed down.
      process.stderr.write(chunk)
      this.#tail = (this.#tail + chunk.toString()).slice(-TAIL_BYTES)
    })
    this.ended = this.#end()
  }

  /** The end of what it wrote to stderr. */
  get tail(): string {
    return this.#tail.trim()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Ends it, and what it has started. */
  kill(): void {
    if (this.#child.pid !== undefined) kill(-this.#child.pid)
  }

  async #end(): Promise<Ending> {
    const closed = Promise.all([this.output, this.#error].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    const ending = await new Promise<Ending>((resolve) => {
      this.#child.once('error', ({ message }) => resolve({ status: null, signal: null, error: message }))
      this.#child.once('exit', (status, signal) => resolve({ status, signal }))
    })
    // What is left of its group must not hold the answer up.
    this.kill()
    this.#done()
    this.input?.destroy()
    if (!(await atMost(CLOSE_MS / 2, closed))) {
      this.#leftovers.sweep()
      if (!(await atMost(CLOSE_MS / 2, closed))) for (const socket of [this.output, this.#error]) socket.destroy()
    }
    return ending
  }
}

async function atMost(ms: number, settled: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  const inTime = await Promise.race([settled.then(() => true as const), late])
  clearTimeout(timer)
  return inTime
}

/** What is said of a program that ended in a way that is no answer; the last line says most. */
export function lastWords(program: Program, how: string): Buffer {
  const { tail } = program
  const last = tail.split('\n').at(-1)
  return Buffer.from(tail === '' ? `${how}, and it wrote nothing to stderr` : `${tail}\n${how}: ${last}`)
}

export function endedHow({ status, signal, error }: Ending): string {
  if (error !== undefined) return `the program could not be started: ${error}`
  return signal === null ? `exit status ${status}` : `ended by ${SIGNALS[signal] ?? signal}`
}

const SIGNALS: Readonly<Record<string, string>> = {
  SIGXCPU: 'SIGXCPU (CPU time used up)',
  SIGXFSZ: 'SIGXFSZ (file too large)',
  SIGSYS: 'SIGSYS (a system call that is not allowed)',
}
