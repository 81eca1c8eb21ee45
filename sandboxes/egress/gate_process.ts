import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeFrame, FrameReader } from '../wire/frames.ts'
import { type Audit, FromGate, type ToGate, type Visitor } from './gate/messages.ts'

const MAIN = fileURLToPath(new URL('gate/main.ts', import.meta.url))
const MOST_BYTES = 1 << 20
/** Look-ups of names take a thread each, and a tenant some of them: what is left is for the others. */
const THREADS = 64
/** What a door that is closed still had open is told of so much later at most. */
const LATE_MS = 1000

export interface GateOptions {
  /** Where the folder with its sockets is made. */
  readonly folder: string
  /** undefined: the host's own account. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined
  /** The Node that runs it. */
  readonly node: string
  /** Where its code is, if not here: an account may not get here. */
  readonly main?: string
  /** Told of each request, by whichever door it came. */
  readonly audited: Told
  readonly logged: (text: string) => void
  /** Names are asked at these servers (`address:port`); undefined: as the machine does it. */
  readonly servers?: readonly string[]
}

/** Gets each request when it is over. */
export type Told = (audit: Audit) => void

/** A socket that a cell may have. Closing it ends every connection that came in by it. */
export interface OpenDoor extends AsyncDisposable {
  readonly path: string
  /** Settles when its process has ended: nobody comes out by it any more. */
  readonly gone: Promise<void>
  /** Says who comes in by it, once, and what they may reach, as often as that changes. */
  assign(visitor: Visitor): Promise<void>
}

/** The process that alone connects to anything outside, for the cells that cannot. */
export class GateProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #options: GateOptions
  readonly #folder: string
  readonly #reader = new FrameReader(MOST_BYTES)
  readonly #asked = new Map<string, PromiseWithResolvers<void>>()
  /** Who is told of what comes in by each door. */
  readonly #doors = new Map<string, Told>()
  readonly #ready = Promise.withResolvers<void>()
  /** Settles when the process has ended, whoever ended it: no door of it is open any more. */
  readonly ended: Promise<void>

  private constructor(options: GateOptions) {
    this.#options = options
    this.#folder = mkdtempSync(join(options.folder, 'egress-'))
    const { account, node, main = MAIN, servers } = options
    if (account !== undefined) chownSync(this.#folder, account.uid, account.gid)
    // Launchers have accounts of their own and bind a socket in whose name they are told; nobody can list the others.
    chmodSync(this.#folder, 0o711)
    this.#child = spawn(node, [main, ...(servers === undefined ? [] : [servers.join(',')])], {
      cwd: this.#folder, env: { UV_THREADPOOL_SIZE: String(THREADS) }, stdio: ['pipe', 'pipe', 'pipe'], detached: true, ...account,
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => options.logged(text.trimEnd()))
    this.#child.stdin?.on('error', () => {})
    this.ended = once(this.#child, 'close').then(() => this.#fail('the egress process has ended'), (error: Error) => this.#fail(error.message))
    this.#ready.promise.catch(() => {})
  }

  /** Starts it. Rejects where it does not start. */
  static async start(options: GateOptions): Promise<GateProcess> {
    const process = new GateProcess(options)
    await process.#ready.promise
    process.#rest()
    return process
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** A door that nobody is let through yet; `told` hears of what comes in by it. Rejects where the process has ended. */
  async open(told?: Told): Promise<OpenDoor> {
    const door = randomUUID()
    const path = join(this.#folder, randomBytes(12).toString('base64url'))
    await this.#ask({ type: 'open', id: randomUUID(), door, path })
    if (told !== undefined) this.#doors.set(door, told)
    return {
      path,
      gone: this.ended,
      assign: (visitor) => this.#ask({ type: 'assign', id: randomUUID(), door, visitor }),
      [Symbol.asyncDispose]: () => this.#close(door),
    }
  }

  async #close(door: string): Promise<void> {
    setTimeout(() => this.#doors.delete(door), LATE_MS).unref()
    // With the process its doors are gone.
    await this.#ask({ type: 'close', id: randomUUID(), door }).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.destroy()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 1000)
    await this.ended
    clearTimeout(late)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #ask(message: ToGate): Promise<void> {
    const asked = Promise.withResolvers<void>()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.reject(new Error('the egress process has ended'))
    this.#asked.set(message.id, asked)
    this.#child.ref()
    for (const part of encodeFrame(message)) this.#child.stdin?.write(part)
    return asked.promise
  }

  #read(chunk: Buffer): void {
    try {
      for (const { header } of this.#reader.push(chunk)) this.#take(FromGate.parse(header))
    } catch (error) {
      // It is ours, but it reads what strangers send: what it says is checked all the same.
      this.#options.logged(`the egress process is ended for what it said: ${(error as Error).message}`)
      this.#child.kill('SIGKILL')
    }
  }

  #take(message: FromGate): void {
    if (message.type === 'ready') return this.#ready.resolve()
    if (message.type === 'audit') {
      const { audit } = message
      this.#options.audited(audit)
      return this.#doors.get(audit.door)?.(audit)
    }
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    this.#rest()
    if (message.type === 'done') asked?.resolve()
    else asked?.reject(new Error(message.error))
  }

  /** Nobody waits for it: it keeps no process alive. */
  #rest(): void {
    if (this.#asked.size > 0) return
    this.#child.unref()
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) (stream as Socket | null)?.unref()
  }

  #fail(why: string): void {
    this.#ready.reject(new Error(why))
    for (const asked of this.#asked.values()) asked.reject(new Error(why))
    this.#asked.clear()
  }
}
