import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { QueryFailure, type FailureCode } from '../failure.ts'
import { hostPid } from '../launch/inside.ts'
import { groupLimits } from '../launch/groups/control_groups.ts'
import { isUndoable, putLevel } from '../process/priority.ts'
import type { CellSpec } from '../runtime.ts'
import { encodeFrame, FrameError, FrameReader } from '../wire/frames.ts'
import { LogLines } from '../wire/log_lines.ts'
import { FromForkServer, type ToForkServer } from '../wire/messages.ts'
import type { ExitStatus } from '../wire/exit_status.ts'
import { Runner } from '../wire/runner.ts'
import { Answers } from './answers.ts'
import { Births, type Born } from './births.ts'
import type { Cell, CellOptions } from './cell.ts'
import { endTree, type Launched } from './process.ts'
import { ServerMemory } from './server_memory.ts'

const MEGABYTE = 1 << 20
const CONTROL_BYTES = 64 * 1024
/** How long after a runner was taken the next spare is forked. */
const SPARE_MS = 10
/** How often a fork server with runners is asked whether it is there: they have its account and may stop it. */
const PING_MS = 1000
/** For how long what it logs is counted together: what a query may log, so often. */
const LOG_MS = 10_000
/** Importing everything that is to be preloaded takes a second; on a machine that has to find it on a slow disk, some. */
const BOOT_MS = 60_000

/** A fork server, as the host knows it. */
export class ForkCell implements Cell {
  readonly pid: number
  readonly ended: Promise<void>
  readonly gone: Promise<void>
  #spec: CellSpec
  readonly #process: Launched
  readonly #options: CellOptions
  readonly #births = new Births((born) => this.#runner(born))
  readonly #exits = new Map<number, (status: ExitStatus) => void>()
  readonly #runners = new Map<number, Runner>()
  /** What it has forked and not said to have ended, whether it became a runner or not. */
  readonly #forked = new Set<number>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #became = Promise.withResolvers<void>()
  readonly #server: Server
  readonly #lastWords: string[] = []
  readonly #untidy: (() => void)[] = []
  readonly #answers = new Answers((what, ms) => this.#end(`it did not answer "${what}" within ${ms} ms`))
  readonly #pinger: NodeJS.Timeout
  /** Which step of its beginning it was told to take. */
  #step: 'ready' | 'became' | undefined
  /** What it calls itself. */
  #said = 0
  #failed: QueryFailure | undefined
  #memory: ServerMemory | undefined
  #spare: Promise<Runner> | undefined
  /** It is a module, and so are its runners from the beginning. */
  #isTemplate = false

  constructor(spec: CellSpec, process: Launched, options: CellOptions) {
    this.#spec = spec
    this.pid = process.child.pid ?? 0
    this.#process = process
    this.#options = options
    this.#server = createServer((connection) => this.#births.greet(connection))
    this.#pinger = setInterval(() => this.#ping(), PING_MS).unref()
    this.gone = process.gone
    this.ended = process.exited.then((status) => this.#end(`its process ended with status ${status ?? 'unknown'}`))
    this.#ready.promise.catch(() => {})
    this.#became.promise.catch(() => {})
    const reader = new FrameReader(CONTROL_BYTES)
    process.output.on('data', (chunk: Buffer) => this.#read(reader, chunk))
    process.output.on('error', () => {})
    process.input.on('error', () => {})
    new LogLines(process.log, { ...options.logCaps, everyMs: LOG_MS }, (text) => {
      if (this.#lastWords.push(text) > 20) this.#lastWords.shift()
      options.onLog(undefined, text, undefined)
    })
  }

  get name(): string {
    return this.#spec.name
  }

  get alive(): boolean {
    return this.#failed === undefined
  }

  get heldBytes(): number | undefined {
    return this.#memory?.bytes
  }

  get isAsked(): boolean {
    return this.#births.waiting > 0 || [...this.#runners.values()].some(({ isAsked }) => isAsked)
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      // The folder is private to the runners' account; in it, that account has to be able to connect.
      this.#server.listen({ path, readableAll: true, writableAll: true }, resolve)
    })
    void this.ended.then(() => rmSync(this.#options.policy.apart ? dirname(path) : path, { force: true, recursive: true }))
  }

  async boot(message: ToForkServer): Promise<void> {
    this.#step = 'ready'
    await this.#settled(this.#ready, message)
    if (!this.#options.policy.apart) this.#forkAhead()
  }

  async become(spec: CellSpec): Promise<void> {
    const { group } = this.#process
    const { hold } = this.#options.policy
    this.#spec = spec
    if (hold !== undefined) group?.bound(groupLimits(spec, hold.processes))
    const { template, memory } = spec
    if (template !== undefined && memory !== undefined) this.#watchMemory(memory.baseMb + memory.perQueryMb)
    this.#step = 'became'
    await this.#settled(this.#became, { type: 'become', ...(template && { template: template.load }) }, template?.content)
    this.#memory?.imported()
    this.#forkAhead()
  }

  #watchMemory(mb: number): void {
    const pid = hostPid(this.pid, this.#said)
    this.#memory = new ServerMemory(pid, mb * MEGABYTE, () => this.#end(`importing the module took more than ${mb} MB`, 'MODULE_OUT_OF_MEMORY'))
  }

  async #settled({ promise }: PromiseWithResolvers<void>, message: ToForkServer, content?: Uint8Array): Promise<void> {
    const late = setTimeout(() => this.#end(`it was not ready within ${BOOT_MS / 1000} s`), BOOT_MS)
    this.#send(message, content)
    await promise.finally(() => clearTimeout(late))
  }

  /** A runner that was forked ahead, and another one is forked for the next caller: hides the time a fork takes. */
  async open(): Promise<Runner> {
    const spare = this.#spare ?? this.#fork()
    this.#spare = undefined
    const runner = await spare
    // Not while this one is being loaded: the processor is better spent on that.
    setTimeout(() => this.#forkAhead(), SPARE_MS).unref()
    return runner.open ? runner : this.#fork()
  }

  #forkAhead(): void {
    // Whoever has runners of a template made has them made ahead.
    if (this.#failed !== undefined || this.#spare !== undefined || this.#isTemplate) return
    this.#spare = this.#fork()
    this.#spare.catch(() => {})
  }

  #fork(): Promise<Runner> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const token = randomUUID()
    const birth = this.#births.begin(token)
    this.#answers.expect(`fork ${token}`)
    this.#send({ type: 'fork', token })
    return birth
  }

  close(): void {
    this.#end('it was closed')
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    // What was on its way when the cell ended answers nothing any more.
    if (!this.alive) return
    try {
      for (const frame of reader.push(chunk)) if (this.alive) this.#take(FromForkServer.parse(frame.header))
    } catch (cause) {
      this.#end(`it sent what is not of the protocol: ${cause instanceof FrameError ? cause.message : String(cause)}`)
    }
  }

  /** Each message is the answer to one of ours, or the end of what it has forked: from one that is a module, nothing else is believed. */
  #take(message: FromForkServer): void {
    switch (message.type) {
      case 'ready':
        this.#stepped('ready')
        this.#said = message.pid
        this.#ready.resolve()
        break
      case 'became':
        this.#stepped('became')
        this.#isTemplate = message.template
        // What it forks from now on runs no import that others would have to wait for.
        if (this.#isTemplate && isUndoable) putLevel(hostPid(this.pid, this.#said))
        this.#became.resolve()
        break
      case 'forked':
        this.#answered(`fork ${message.token}`)
        if (this.#forked.has(message.pid)) throw new FrameError(`it forked ${message.pid}, which has not ended`)
        this.#forked.add(message.pid)
        this.#births.forked(message.token, message.pid, (pid) => this.#kill(pid))
        break
      case 'refused':
        this.#answered(`fork ${message.token}`)
        this.#births.fail(message.token, `no runner could be forked: ${message.error}`)
        break
      case 'killed':
        this.#answered(`kill ${message.pid}`)
        break
      case 'exited':
        if (!this.#forked.delete(message.pid)) throw new FrameError(`the end of ${message.pid}, which it had not forked`)
        this.#births.exited(message.pid, `a runner of ${this.name} ended with status ${message.status} before it could be used${this.#words()}`)
        this.#runners.delete(message.pid)
        this.#tidied(message)
        break
      case 'tidied':
        this.#answered('tidy')
        this.#untidy.shift()?.()
        break
      case 'pong':
        this.#answered('ping')
        break
    }
  }

  #answered(what: string): void {
    if (!this.#answers.came(what)) throw new FrameError(`an answer to "${what}", which it was not asked`)
  }

  #stepped(step: 'ready' | 'became'): void {
    if (this.#step !== step) throw new FrameError(`"${step}", which it was not told to be`)
    this.#step = undefined
  }

  /** A runner is gone when nothing is left for the next: those that are made ahead have no folder yet, so that theirs are not theirs. */
  #tidied({ pid, status, left }: Extract<FromForkServer, { type: 'exited' }>): void {
    const settle = (): void => {
      this.#exits.get(pid)?.(status)
      this.#exits.delete(pid)
    }
    if (!left || !this.#isTemplate || this.#spec.fresh !== true || [...this.#runners.values()].some(({ isAsked }) => isAsked)) return settle()
    this.#untidy.push(settle)
    this.#answers.expect('tidy')
    this.#send({ type: 'tidy' })
  }

  #runner({ pid, channel, log }: Born): Runner {
    const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>()
    this.#exits.set(pid, resolve)
    const { maxFrame, answers, logCaps, onLog, policy } = this.#options
    const runner = new Runner({
      spec: this.#spec,
      pid,
      ...(policy.apart && { hostPid: (said: number) => hostPid(this.pid, said) }),
      fromTemplate: this.#isTemplate,
      input: channel, output: channel, log, maxFrame, answers, logCaps, onLog, exited,
      gone: exited.then(() => {}),
      group: this.#process.group,
      kill: () => this.#kill(pid),
    })
    this.#runners.set(pid, runner)
    return runner
  }

  #kill(pid: number): void {
    if (!this.alive) return
    this.#answers.expect(`kill ${pid}`)
    this.#send({ type: 'kill', pid })
  }

  #ping(): void {
    if (this.#runners.size === 0) return
    this.#answers.expect('ping')
    this.#send({ type: 'ping' })
  }

  #send(message: ToForkServer, content?: Uint8Array): void {
    for (const part of encodeFrame(message, content === undefined ? [] : [content])) this.#process.input.write(part)
  }

  #words(): string {
    return this.#lastWords.length > 0 ? `; it last printed: ${this.#lastWords.join(' | ')}` : ''
  }

  /** The cell is over: whatever was open in it fails, and the tree is ended. */
  #end(reason: string, code: FailureCode = 'SANDBOX_UNAVAILABLE'): void {
    if (this.#failed !== undefined) return
    this.#failed = new QueryFailure(code, `the fork server ${this.name} is gone: ${reason}${this.#words()}`)
    clearInterval(this.#pinger)
    this.#memory?.[Symbol.dispose]()
    this.#answers.close()
    this.#ready.reject(this.#failed)
    this.#became.reject(this.#failed)
    this.#births.close(this.#failed)
    for (const runner of this.#runners.values()) runner.kill(code, this.#failed.message)
    void this.#process.gone.then(() => {
      for (const settle of this.#exits.values()) settle(undefined)
    })
    this.#server.close()
    this.#process.input.end()
    endTree(this.#process.child, this.#process.exited)
  }
}
