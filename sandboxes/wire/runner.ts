import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { QueryFailure, type FailureCode } from '../failure.ts'
import { encodeFrame, FrameError, FrameReader, type Frame } from './frames.ts'
import { dropped, LogLines, type LogCaps } from './log_lines.ts'
import { FromRunner, type LoadMessage } from './messages.ts'

/** A runner's answer to one message: its header, checked, and the payload untouched. */
export interface Reply {
  readonly header: FromRunner
  readonly payload: readonly Buffer[]
  readonly payloadBytes: number
}

/** How a process ended: exit status, or the negative number of a signal; undefined while nobody knows. */
export type ExitStatus = number | undefined

export interface RunnerParts {
  readonly pid: number
  readonly input: Writable
  readonly output: Readable
  readonly log: Readable
  /** Bytes of the largest frame it may send. */
  readonly maxFrame: number
  readonly logCaps: LogCaps
  /** How many queries it may be asked at once. */
  readonly atOnce: number
  readonly onLog: (runner: Runner, text: string, query: string | undefined) => void
  /** Ends the process and everything below it. */
  readonly kill: (runner: Runner) => void
  /** Settles with the process's exit status once that is known. */
  readonly exited: Promise<ExitStatus>
  /** Settles when the process and everything it left behind have ended. */
  readonly gone: Promise<void>
}

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (failure: QueryFailure) => void
  /** What its log lines are filed under. */
  readonly query?: string
  loggedBytes: number
  loggedLines: number
}

/** A query that a runner was asked. */
export interface Asked {
  /** Rejects with QueryFailure when the runner ends. */
  readonly reply: Promise<Reply>
  /** Rejects the reply with this failure; settles when the runner has answered all the same, or has ended. */
  readonly abandon: (failure: QueryFailure) => Promise<void>
}

/** A handler may keep this many cores busy for the whole of its time. */
const CPU_PER_WALL = 4
/** An introspection is some hundred bytes: before its first query nobody needs to say more. */
const LOAD_BYTES = 1 << 20
/** Bytes of a header on top of the largest payload. */
const HEADER_ROOM = 128 * 1024
/** How long a closed channel waits for the exit status that explains it. */
const EXIT_STATUS_MS = 1000
/** How long a runner that was told to leave may take: code of the module may keep it from hearing. */
const LEAVE_MS = 1000

/**
 * The process at the other end of the wire, in any language. It answers each message once; anything it says that was not
 * asked for ends it. When it ends, every open question fails.
 */
export class Runner {
  readonly #parts: RunnerParts
  readonly #pending = new Map<string, Pending>()
  readonly #log: LogLines
  readonly #reader = new FrameReader(LOAD_BYTES + HEADER_ROOM)
  readonly #closed = Promise.withResolvers<void>()
  #ready: PromiseWithResolvers<void> | undefined = Promise.withResolvers<void>()
  #ended: QueryFailure | undefined
  #corked = false
  #pid: number

  constructor(parts: RunnerParts) {
    this.#pid = parts.pid
    this.#parts = parts
    this.#log = new LogLines(parts.log, parts.logCaps, (text, query) => parts.onLog(this, text, query))
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
    return this.#pid
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

  /** How many queries it may be asked at once. */
  get atOnce(): number {
    return this.#parts.atOnce
  }

  get ended(): QueryFailure | undefined {
    return this.#ended
  }

  /** `content`: see runtime.ts. `answerBytes`: most that it may say. */
  load(message: Omit<LoadMessage, 'type' | 'id'>, content: Uint8Array | undefined, answerBytes = LOAD_BYTES): Promise<Reply> {
    const id = randomUUID()
    this.#reader.allow(answerBytes + HEADER_ROOM)
    return this.#ask(id, encodeFrame({ type: 'load', id, ...message }, content === undefined ? [] : [content]))
  }

  /** Sends a query; `queryId` is what its log lines are filed under. */
  query(body: readonly Uint8Array[], ms: number, queryId: string): Asked {
    // Of several queries at once, nobody knows which one printed a line.
    if (this.#parts.atOnce === 1) this.#log.attribute(queryId)
    this.#reader.allow(this.#parts.maxFrame + HEADER_ROOM)
    // Unguessable, so that a frame written ahead of its question cannot match it.
    const id = randomUUID()
    const frame = encodeFrame({ type: 'query', id, cpu: Math.ceil(ms / 1000) * CPU_PER_WALL, ms: Math.ceil(ms) }, body)
    return { reply: this.#ask(id, frame, queryId), abandon: (failure) => this.#abandon(id, failure) }
  }

  #abandon(id: string, failure: QueryFailure): Promise<void> {
    const pending = this.#pending.get(id)
    if (pending === undefined) return Promise.resolve()
    pending.reject(failure)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#pending.set(id, { ...pending, resolve: () => resolve(), reject: () => resolve() })
    return promise
  }

  /** Lets the runner leave by itself: it ends when its channel does, and is killed where it does not. */
  close(): void {
    this.#fail(new QueryFailure('SHUTTING_DOWN', 'the runner was closed'))
    this.#parts.input.end()
    const late = setTimeout(() => this.#end(), LEAVE_MS)
    void this.closed.then(() => clearTimeout(late))
  }

  /** Ends the runner at once; its open questions fail with `code`. */
  kill(code: FailureCode, message: string): void {
    this.#fail(new QueryFailure(code, message))
    this.#end()
  }

  #end(): void {
    this.#parts.kill(this)
    this.#parts.input.destroy()
    this.#parts.output.destroy()
  }

  #ask(id: string, parts: Uint8Array[], query?: string): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#pending.set(id, { resolve, reject, loggedBytes: 0, loggedLines: 0, ...(query !== undefined && { query }) })
    const { input, atOnce } = this.#parts
    if (atOnce > 1) {
      // What is asked in one turn of the event loop goes in one write, which costs more than the query itself.
      if (!this.#corked) {
        this.#corked = true
        input.cork()
        setImmediate(() => {
          this.#corked = false
          input.uncork()
        })
      }
      for (const part of parts) input.write(part)
    } else if (parts.length === 1) {
      input.write(parts[0])
    } else {
      input.cork()
      for (const part of parts) input.write(part)
      input.uncork()
    }
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

  #take(frame: Frame): void {
    const header = FromRunner.safeParse(frame.header)
    if (!header.success) {
      this.kill('PROTOCOL_VIOLATION', 'the runner sent a message that is not of the protocol')
      return
    }
    if (header.data.type === 'ready') {
      if (this.#ready === undefined) return this.kill('PROTOCOL_VIOLATION', 'the runner said "ready" twice')
      this.#pid = header.data.pid
      this.#ready.resolve()
      this.#ready = undefined
      return
    }
    const pending = this.#pending.get(header.data.id)
    if (header.data.type === 'log') {
      // One that comes after its query's answer is nobody's.
      if (pending !== undefined) this.#logLine(pending, header.data.text)
      return
    }
    if (pending === undefined) {
      this.kill('PROTOCOL_VIOLATION', `the runner sent a ${header.data.type} message that answers nothing`)
      return
    }
    this.#pending.delete(header.data.id)
    if (frame.payloadBytes > this.#parts.maxFrame) {
      const failure = new QueryFailure('OUTPUT_TOO_LARGE', `the answer has ${frame.payloadBytes} bytes, at most ${this.#parts.maxFrame} may be`)
      pending.reject(failure)
      return
    }
    pending.resolve({ header: header.data, payload: frame.payload, payloadBytes: frame.payloadBytes })
  }

  #logLine(pending: Pending, text: string): void {
    const { logCaps, onLog } = this.#parts
    if (pending.loggedLines > logCaps.lines) return
    pending.loggedLines += 1
    pending.loggedBytes += Buffer.byteLength(text)
    if (pending.loggedLines <= logCaps.lines && pending.loggedBytes <= logCaps.bytes) return onLog(this, text, pending.query)
    pending.loggedLines = logCaps.lines + 1
    onLog(this, dropped(logCaps), pending.query)
  }

  async #channelClosed(): Promise<void> {
    this.#closed.resolve()
    if (this.#ended !== undefined) return
    const status = await Promise.race([this.#parts.exited, delay(EXIT_STATUS_MS)])
    this.kill(status === -SIGXCPU ? 'MODULE_TIMED_OUT' : 'MODULE_CRASHED', describeExit(status))
  }

  #fail(failure: QueryFailure): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    this.#ready?.reject(new QueryFailure('SANDBOX_UNAVAILABLE', `the runner did not start: ${failure.message}`))
    for (const pending of this.#pending.values()) pending.reject(failure)
    this.#pending.clear()
  }
}

const SIGXCPU = 24

function describeExit(status: ExitStatus): string {
  if (status === undefined) return 'the runner closed its channel before it had answered'
  if (status < 0) return `the runner was ended by signal ${-status}${SIGNALS[-status] ?? ''} before it had answered`
  return `the runner left with exit status ${status} before it had answered`
}

const SIGNALS: Readonly<Record<number, string>> = {
  4: ' (SIGILL)',
  6: ' (SIGABRT)',
  7: ' (SIGBUS)',
  9: ' (SIGKILL)',
  11: ' (SIGSEGV)',
  15: ' (SIGTERM)',
  24: ' (SIGXCPU: CPU time used up)',
  25: ' (SIGXFSZ: file too large)',
}

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref())
}
