import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { QueryFailure, type FailureCode } from '../failure.ts'
import { encodeFrame, FrameError, FrameReader, type Frame } from './frames.ts'
import { FrameRoom, SMALL_ANSWER } from './frame_room.ts'
import { LogLines, type LogCaps } from './log_lines.ts'
import { FromRunner, type LoadMessage } from './messages.ts'
import { describeExit, SIGXCPU, type ExitStatus } from './exit_status.ts'
import { Outbox } from './outbox.ts'
import type { ControlGroup } from '../launch/groups/control_groups.ts'
import type { CellSpec } from '../runtime.ts'
import type { Share } from '../shared_bytes.ts'

/** A runner's answer to one message: its header, checked, and the payload untouched. */
export interface Reply {
  readonly header: FromRunner
  readonly payload: readonly Buffer[]
  readonly payloadBytes: number
}

export interface RunnerParts {
  /** What it was launched by. */
  readonly spec: CellSpec
  /** By the number that the runner knows it by. */
  readonly pid: number
  /** What the host calls a process that the runner knows by a number of its own; where absent, the same. */
  readonly hostPid?: (said: number) => number
  /** Whether it is its module from its first moment, and need not be told to become it. */
  readonly fromTemplate?: boolean
  /** The top of its cell, where that is all its own and nothing gets out of it. */
  readonly cell?: number
  readonly input: Writable
  readonly output: Readable
  readonly log: Readable
  /** Bytes of the largest frame it may send. */
  readonly maxFrame: number
  /** What the host holds of long answers: one that finds no room waits in its runner. Any where absent. */
  readonly answers?: Pick<Share, 'enter'> | undefined
  readonly logCaps: LogCaps
  readonly onLog: (runner: Runner, text: string, query: string | undefined) => void
  /** Ends the process and everything below it. */
  readonly kill: (runner: Runner) => void
  /** Settles with the process's exit status once that is known. */
  readonly exited: Promise<ExitStatus>
  /** Settles when the process and everything it left behind have ended. */
  readonly gone: Promise<void>
  /** What the kernel bounds its cell by, where it does. */
  readonly group?: Pick<ControlGroup, 'makeRoom' | 'ranOut'> | undefined
}

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (failure: QueryFailure) => void
  /** What log lines of it are filed under. */
  readonly query: string | undefined
  logBytes: number
  logLines: number
}

/** A handler may keep this many cores busy for the whole of its time. */
const CPU_PER_WALL = 4
/** An introspection is some hundred bytes: before its first query nobody needs to say more. */
const LOAD_BYTES = 1 << 20
/** One for all: a trace of where it was made takes longer than all else of an end. */
const CLOSED = new QueryFailure('SHUTTING_DOWN', 'the runner was closed')
/** Bytes of a header on top of the largest payload. */
const HEADER_ROOM = 128 * 1024
/** How long a closed channel waits for the exit status that explains it. */
const EXIT_STATUS_MS = 1000
/** How long a runner that was told to leave may take: code of the module may keep it from hearing. */
const LEAVE_MS = 1000

/**
 * The process at the other end of the wire, in any language. It answers each message once, those of several queries in any order;
 * anything it says that was not asked for ends it. When it ends, every open question fails.
 */
export class Runner {
  readonly #parts: RunnerParts
  readonly #pending = new Map<string, Pending>()
  readonly #log: LogLines
  readonly #room: FrameRoom | undefined
  readonly #outbox: Outbox
  readonly #reader = new FrameReader(LOAD_BYTES + HEADER_ROOM, (bytes) => this.#begin(bytes))
  readonly #closed = Promise.withResolvers<void>()
  #ready: PromiseWithResolvers<void> | undefined = Promise.withResolvers<void>()
  #ended: QueryFailure | undefined
  /** By the number that the host knows it by: only when somebody wants to know, because that is found out by looking. */
  #pid: number | undefined
  #said: number
  #hasNoMemory = false

  constructor(parts: RunnerParts) {
    this.#said = parts.pid
    this.#parts = parts
    this.#log = new LogLines(parts.log, parts.logCaps, (text, query) => {
      if (parts.spec.outOfMemory !== undefined && text.includes(parts.spec.outOfMemory)) this.#hasNoMemory = true
      parts.onLog(this, text, query)
    })
    this.#outbox = new Outbox(parts.input)
    this.#room = parts.answers && new FrameRoom(parts.output, parts.answers)
    this.#ready?.promise.catch(() => {})
    parts.output.on('data', (chunk: Buffer) => this.#read(chunk))
    parts.output.on('close', () => void this.#channelClosed())
    parts.output.on('error', () => {})
    // A module may close the channel under a large body; the output side tells how it ended.
    parts.input.on('error', () => {})
  }

  /** Settles when the runner speaks the protocol; rejects with SANDBOX_UNAVAILABLE if it ends before. */
  get ready(): Promise<void> {
    return this.#ready?.promise ?? Promise.resolve()
  }

  /** The process that runs the module; its own word for it, given before it has seen any module code. */
  get pid(): number {
    return (this.#pid ??= this.#parts.hostPid?.(this.#said) ?? this.#said)
  }

  /** See RunnerParts. */
  get cell(): number | undefined {
    return this.#parts.cell
  }

  /** See RunnerParts. */
  get fromTemplate(): boolean {
    return this.#parts.fromTemplate ?? false
  }

  /** Whether it may be made while another has a query: nothing of the module runs in it before its own, or nobody else is in its cell. */
  get isAhead(): boolean {
    return this.spec.fresh === true && (this.fromTemplate || this.spec.preload === undefined)
  }

  get spec(): CellSpec {
    return this.#parts.spec
  }

  /** How many queries it may be asked at a time. */
  get atOnce(): number {
    return this.#parts.spec.atOnce ?? 1
  }

  /** Settles when the channel is gone, whoever closed it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Whether it can be asked something: neither ended nor found without its channel, even if nobody knows yet why. */
  get open(): boolean {
    return this.#ended === undefined && !this.#parts.output.destroyed
  }

  /** Settles when nothing of the runner is left: neither its process nor one that it started. */
  get gone(): Promise<void> {
    return this.#parts.gone
  }

  /** Whether it has been asked something that it has not answered. */
  get isAsked(): boolean {
    return this.#pending.size > 0
  }

  get ended(): QueryFailure | undefined {
    return this.#ended
  }

  /** `content`: see runtime.ts. `answerBytes`: most that it may say. */
  load(message: Omit<LoadMessage, 'type' | 'id'>, content: Uint8Array | undefined, answerBytes = LOAD_BYTES): Promise<Reply> {
    const id = randomUUID()
    if (this.fromTemplate) return this.ready.then(() => ({ header: { type: 'loaded', id }, payload: [], payloadBytes: 0 }))
    this.#reader.allow(answerBytes + HEADER_ROOM)
    return this.#ask(id, undefined, encodeFrame({ type: 'load', id, ...message }, content === undefined ? [] : [content]))
  }

  /** Sends a query; `queryId` is what its log lines are filed under, and what it asks of the network. Rejects with QueryFailure when the runner ends. */
  query(body: readonly Uint8Array[], ms: number, queryId: string, cpuSeconds = Infinity): Promise<Reply> {
    // One that has several at a time says by messages which one logs.
    if (this.atOnce === 1) this.#log.attribute(queryId)
    this.#reader.allow(this.#parts.maxFrame + HEADER_ROOM)
    // Unguessable, so that a frame written ahead of its question cannot match it.
    const id = randomUUID()
    if (this.#parts.group !== undefined) this.#parts.group.makeRoom(body.reduce((sum, { length }) => sum + length, 0))
    const cpu = Math.ceil(Math.min(Math.ceil(ms / 1000) * CPU_PER_WALL, cpuSeconds))
    return this.#ask(id, queryId, encodeFrame({ type: 'query', id, query: queryId, cpu, ms: Math.ceil(ms) }, body))
  }

  /** Whether the kernel has ended a process of its cell for want of memory, since that was last asked. */
  ranOut(): boolean {
    return this.#parts.group?.ranOut() === true
  }

  /** Lets the runner leave by itself: it ends when its channel does, and is killed where it does not. */
  close(): void {
    this.#fail(CLOSED)
    this.#parts.input.end()
    const late = setTimeout(() => this.#end(), LEAVE_MS)
    void this.closed.then(() => clearTimeout(late))
  }

  /** Ends the runner at once; its open questions fail with `code`. */
  kill(code: FailureCode, message: string): void {
    const missing = this.#room?.missing
    const hadNoRoom = code === 'MODULE_TIMED_OUT' && missing !== undefined
    this.#fail(hadNoRoom ? new QueryFailure('BUSY', `an answer of ${missing} bytes found no room beside others before its deadline`) : new QueryFailure(code, message))
    this.#end()
  }

  #end(): void {
    this.#parts.kill(this)
    this.#parts.input.destroy()
    this.#parts.output.destroy()
  }

  #ask(id: string, query: string | undefined, parts: Uint8Array[]): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#pending.set(id, { resolve, reject, query, logBytes: 0, logLines: 0 })
    // A runner that has nothing to do begins at once; one that has gets a few together, because a write costs more than a query.
    this.#outbox.put(parts, this.atOnce === 1 || this.#pending.size === 1)
    return promise
  }

  #read(chunk: Buffer): void {
    if (this.#ended !== undefined) return
    try {
      for (const frame of this.#reader.push(chunk)) this.#take(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      const tooLarge = error.message.startsWith('a frame of')
      this.kill(tooLarge ? 'OUTPUT_TOO_LARGE' : 'PROTOCOL_VIOLATION', `the runner sent ${error.message}`)
    }
  }

  #begin(bytes: number): void {
    // It would have room for as long as it likes.
    if (bytes > SMALL_ANSWER && this.#pending.size === 0) throw new FrameError(`expected nothing unasked, found the beginning of ${bytes} bytes`)
    this.#room?.begin(bytes)
  }

  #take(frame: Frame): void {
    this.#room?.leave()
    const header = FromRunner.safeParse(frame.header)
    if (!header.success) {
      this.kill('PROTOCOL_VIOLATION', 'the runner sent a message that is not of the protocol')
      return
    }
    if (header.data.type === 'ready') {
      if (this.#ready === undefined) return this.kill('PROTOCOL_VIOLATION', 'the runner said "ready" twice')
      this.#said = header.data.pid
      this.#pid = undefined
      this.#ready.resolve()
      this.#ready = undefined
      return
    }
    const pending = this.#pending.get(header.data.id)
    if (pending === undefined) {
      this.kill('PROTOCOL_VIOLATION', `the runner sent a ${header.data.type} message that answers nothing`)
      return
    }
    if (header.data.type === 'log') return this.#logged(header.data.text, pending)
    this.#pending.delete(header.data.id)
    if (frame.payloadBytes > this.#parts.maxFrame) {
      const failure = new QueryFailure('OUTPUT_TOO_LARGE', `the answer has ${frame.payloadBytes} bytes, at most ${this.#parts.maxFrame} may be`)
      pending.reject(failure)
      return
    }
    pending.resolve({ header: header.data, payload: frame.payload, payloadBytes: frame.payloadBytes })
  }

  /** The runner has its own caps; that it keeps to them is not relied on. */
  #logged(text: string, pending: Pending): void {
    const { logCaps, onLog } = this.#parts
    pending.logBytes += text.length
    pending.logLines += 1
    // One more: that there was more.
    if (pending.logLines <= logCaps.lines + 1 && pending.logBytes <= 2 * logCaps.bytes) onLog(this, text, pending.query)
  }

  async #channelClosed(): Promise<void> {
    this.#closed.resolve()
    if (this.#ended !== undefined) return
    const status = await Promise.race([this.#parts.exited, delay(EXIT_STATUS_MS)])
    if (this.#hasNoMemory || this.ranOut()) this.kill('MODULE_OUT_OF_MEMORY', `the module may not have more memory: ${describeExit(status)}`)
    else this.kill(status === -SIGXCPU ? 'MODULE_TIMED_OUT' : 'MODULE_CRASHED', describeExit(status))
  }

  #fail(failure: QueryFailure): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    this.#room?.leave()
    this.#ready?.reject(new QueryFailure('SANDBOX_UNAVAILABLE', `the runner did not start: ${failure.message}`))
    for (const pending of this.#pending.values()) pending.reject(failure)
    this.#pending.clear()
  }
}

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref())
}
