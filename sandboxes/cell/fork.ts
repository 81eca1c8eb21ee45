import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { QueryFailure } from '../failure.ts'
import type { CellSpec } from '../runtime.ts'
import { encodeFrame, FrameReader } from '../wire/frames.ts'
import { LogLines } from '../wire/log_lines.ts'
import { FromForkServer, type ToForkServer } from '../wire/messages.ts'
import { Runner, type ExitStatus } from '../wire/runner.ts'
import type { Cell, CellOptions } from './cell.ts'
import { endTree, KILL_MS, launched, type Launched } from './process.ts'

const CONTROL_BYTES = 64 * 1024
/** A fork server answers in microseconds; one that does not answer for this long has been stopped or is stuck. */
const ANSWER_MS = 5000
const TOKEN_BYTES = 36
/** How long after a runner was taken the next spare is forked. */
const SPARE_MS = 10

/** A fork that was asked for: complete when its pid and both connections are there. */
interface Birth {
  pid?: number
  channel?: Socket
  log?: Socket
  readonly done: PromiseWithResolvers<Runner>
}

/** Starts a fork server: a process that imports common libraries once and forks runners on demand. */
export async function forkCell(spec: CellSpec, preload: readonly string[], options: CellOptions): Promise<Cell> {
  const launch = launched(spec, options.launch)
  const socket = join(options.socketFolder, `${randomUUID()}.sock`)
  const cell = new ForkCell(spec.name, launch, options)
  await cell.listen(socket)
  await cell.boot({ type: 'boot', socket, preload })
  return cell
}

class ForkCell implements Cell {
  readonly name: string
  readonly pid: number
  readonly ended: Promise<void>
  readonly #process: Launched
  readonly #options: CellOptions
  readonly #births = new Map<string, Birth>()
  readonly #exits = new Map<number, (status: ExitStatus) => void>()
  readonly #runners = new Map<number, Runner>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #server: Server
  readonly #lastWords: string[] = []
  /** Kills and pings that wait for their answer; each ends the cell when it waits too long. */
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  #failed: QueryFailure | undefined
  #spare: Promise<Runner> | undefined

  constructor(name: string, process: Launched, options: CellOptions) {
    this.name = name
    this.pid = process.child.pid ?? 0
    this.#process = process
    this.#options = options
    this.#server = createServer((connection) => this.#greet(connection))
    this.ended = process.exited.then((status) => this.#end(`its process ended with status ${status ?? 'unknown'}`))
    this.#ready.promise.catch(() => {})
    const reader = new FrameReader(CONTROL_BYTES)
    process.output.on('data', (chunk: Buffer) => this.#read(reader, chunk))
    process.output.on('error', () => {})
    process.input.on('error', () => {})
    new LogLines(process.log, { bytes: Number.MAX_SAFE_INTEGER, lines: Number.MAX_SAFE_INTEGER }, (text) => {
      if (this.#lastWords.push(text) > 20) this.#lastWords.shift()
      options.onLog(undefined, text, undefined)
    })
  }

  get alive(): boolean {
    return this.#failed === undefined
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      // The folder is private to the runners' account; in it, that account has to be able to connect.
      this.#server.listen({ path, readableAll: true, writableAll: true }, resolve)
    })
    void this.ended.then(() => rmSync(path, { force: true }))
  }

  async boot(message: ToForkServer): Promise<void> {
    this.#send(message)
    await this.#ready.promise
    this.#forkAhead()
  }

  /** A runner that was forked ahead, and another one is forked for the next caller: hides the time a fork takes. */
  async open(): Promise<Runner> {
    const spare = this.#spare ?? this.#fork()
    this.#spare = undefined
    const runner = await spare
    // Not while this one is being loaded: the processor is better spent on that.
    setTimeout(() => this.#forkAhead(), SPARE_MS).unref()
    return runner.ended === undefined ? runner : this.#fork()
  }

  #forkAhead(): void {
    if (this.#failed !== undefined || this.#spare !== undefined) return
    this.#spare = this.#fork()
    this.#spare.catch(() => {})
  }

  #fork(): Promise<Runner> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const token = randomUUID()
    const done = Promise.withResolvers<Runner>()
    this.#births.set(token, { done })
    this.#expectAnswer(`fork ${token}`)
    this.#send({ type: 'fork', token })
    return done.promise
  }

  close(): void {
    this.#end('it was closed')
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    try {
      for (const frame of reader.push(chunk)) this.#take(FromForkServer.parse(frame.header))
    } catch (cause) {
      this.#end(`it sent what is not of the protocol: ${String(cause)}`)
    }
  }

  #take(message: FromForkServer): void {
    switch (message.type) {
      case 'ready':
        this.#ready.resolve()
        break
      case 'forked': {
        const birth = this.#births.get(message.token)
        if (birth !== undefined) birth.pid = message.pid
        this.#born(message.token)
        break
      }
      case 'killed':
        this.#answered(`kill ${message.pid}`)
        break
      case 'exited':
        this.#stillborn(message.pid)
        this.#runners.delete(message.pid)
        this.#exits.get(message.pid)?.(message.status)
        this.#exits.delete(message.pid)
        break
      case 'pong':
        this.#answered('ping')
        break
    }
  }

  /** A connection says whose it is before anything else; one that says nothing known is not let in. */
  #greet(connection: Socket): void {
    connection.on('error', () => {})
    connection.once('readable', () => {
      const hello = connection.read(TOKEN_BYTES + 1) as Buffer | null
      const token = hello?.toString('latin1', 0, TOKEN_BYTES) ?? ''
      const birth = this.#births.get(token)
      const which = hello?.toString('latin1', TOKEN_BYTES)
      if (birth === undefined || (which !== 'c' && which !== 'l') || birth[which === 'c' ? 'channel' : 'log']) {
        connection.destroy()
        return
      }
      birth[which === 'c' ? 'channel' : 'log'] = connection
      this.#born(token)
    })
  }

  #born(token: string): void {
    const birth = this.#births.get(token)
    if (birth?.pid === undefined || birth.channel === undefined || birth.log === undefined) return
    this.#births.delete(token)
    this.#answered(`fork ${token}`)
    const { pid, channel, log } = birth
    const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>()
    this.#exits.set(pid, resolve)
    const runner = new Runner({
      pid,
      input: channel,
      output: channel,
      log,
      maxFrame: this.#options.maxFrame,
      logCaps: this.#options.logCaps,
      onLog: this.#options.onLog,
      kill: () => this.#kill(pid),
      exited,
    })
    this.#runners.set(pid, runner)
    birth.done.resolve(runner)
  }

  /** A runner that ended before both its connections were there: whoever waits for it hears so at once. */
  #stillborn(pid: number): void {
    for (const [token, birth] of this.#births) {
      if (birth.pid !== pid) continue
      this.#births.delete(token)
      this.#answered(`fork ${token}`)
      birth.done.reject(new QueryFailure('SANDBOX_UNAVAILABLE', `a runner of ${this.name} ended before it could be used${this.#words()}`))
    }
  }

  #kill(pid: number): void {
    if (!this.alive || !this.#exits.has(pid)) return
    this.#expectAnswer(`kill ${pid}`, KILL_MS)
    this.#send({ type: 'kill', pid })
  }

  #expectAnswer(what: string, ms = ANSWER_MS): void {
    if (this.#waiting.has(what)) return
    this.#waiting.set(what, setTimeout(() => this.#end(`it did not answer "${what}" within ${ms} ms`), ms))
  }

  #answered(what: string): void {
    clearTimeout(this.#waiting.get(what))
    this.#waiting.delete(what)
  }

  #send(message: ToForkServer): void {
    for (const part of encodeFrame(message)) this.#process.input.write(part)
  }

  #words(): string {
    return this.#lastWords.length > 0 ? `; it last printed: ${this.#lastWords.join(' | ')}` : ''
  }

  /** The cell is over: whatever was open in it fails, and the tree is ended. */
  #end(reason: string): void {
    if (this.#failed !== undefined) return
    this.#failed = new QueryFailure('SANDBOX_UNAVAILABLE', `the fork server ${this.name} is gone: ${reason}${this.#words()}`)
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#ready.reject(this.#failed)
    for (const birth of this.#births.values()) birth.done.reject(this.#failed)
    for (const runner of this.#runners.values()) runner.kill('SANDBOX_UNAVAILABLE', this.#failed.message)
    for (const settle of this.#exits.values()) settle(undefined)
    this.#server.close()
    this.#process.input.end()
    endTree(this.#process.child, this.#process.exited)
  }
}
