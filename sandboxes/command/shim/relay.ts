import { encodeFrame, FrameError, FrameReader, type Frame } from '../../wire/frames.ts'
import { failed, judge, type Verdict } from './judge.ts'
import type { Asked, QueryHeader } from './once.ts'
import { endedHow, lastWords, Program, type ProgramParts } from './program.ts'

/** Bytes of a header on top of the largest answer. */
const HEADER_ROOM = 64 * 1024
/** A program that has closed its stdout may take so long to end. */
const CLOSED_MS = 250
const OUTCOMES = ['success', 'exception', 'timeout'] as const

interface Question {
  readonly id: string
  readonly resolve: (verdict: Verdict) => void
}

/** The form `frames`: one process that answers one query after another with frames on its stdin and stdout. */
export class Relay implements Asked {
  readonly #parts: ProgramParts
  readonly #outputBytes: number
  #program: Program | undefined
  #question: Question | undefined

  /** Starts the program, so that it is warm when the first query comes. */
  constructor(parts: ProgramParts, outputBytes: number) {
    this.#parts = parts
    this.#outputBytes = outputBytes
    this.#start()
  }

  ask(body: readonly Buffer[], { id, ms }: QueryHeader): Promise<Verdict> {
    const { input } = this.#program ?? this.#start()
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    this.#question = { id, resolve }
    for (const part of encodeFrame({ type: 'query', id, ms }, body)) input?.write(part)
    return promise
  }

  stop(): undefined {
    this.#program?.kill()
  }

  #start(): Program {
    const program = new Program(this.#parts)
    this.#program = program
    const reader = new FrameReader(this.#outputBytes + HEADER_ROOM)
    program.output.on('data', (chunk: Buffer) => {
      // Of a program that was given up nothing is believed any more.
      if (program === this.#program) this.#read(reader, chunk)
    })
    // No answer can come any more. One that is about to end says better why.
    program.output.once('end', () => setTimeout(() => {
      if (program === this.#program) this.#giveUp({ outcome: 'exit', payload: [lastWords(program, 'it closed its stdout before it had answered')] })
    }, CLOSED_MS))
    void program.ended.then((ending) => {
      if (program !== this.#program) return
      this.#program = undefined
      const outcome = ending.signal === 'SIGXCPU' ? 'timeout' : 'exit'
      this.#answer({ outcome, payload: [lastWords(program, `${endedHow(ending)} before it had answered`)] })
    })
    return program
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    try {
      const frames = reader.push(chunk)
      if (frames.length === 0) return
      if (frames.length > 1) return this.#giveUp(failed('violation', `expected one frame for a query, found ${frames.length}`))
      const verdict = this.#take(frames[0] as Frame)
      if (verdict.outcome === 'violation') this.#giveUp(verdict)
      // What the program wrote to stderr before it answered is read in this turn of the event loop.
      else setImmediate(() => this.#answer(verdict))
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      const { message } = error
      this.#giveUp(message.startsWith('a frame of') ? failed('too_large', `the program sent ${message}`) : failed('violation', explain(message)))
    }
  }

  #take({ header, payload, payloadBytes }: Frame): Verdict {
    const said = JSON.stringify(header)
    const { type, id, outcome = 'success' } = header as Record<string, unknown>
    if (this.#question === undefined) return failed('violation', `expected no frame before the next query, found ${said}`)
    if (type !== 'result') return failed('violation', `expected a frame of type "result", found ${said}`)
    if (id !== this.#question.id) return failed('violation', `expected the id of the query, ${this.#question.id}, found ${said}`)
    if (!OUTCOMES.includes(outcome as 'success')) return failed('violation', `expected an outcome of ${OUTCOMES.join(', ')}, found ${said}`)
    if (payloadBytes > this.#outputBytes) return failed('too_large', `the answer has ${payloadBytes} bytes, at most ${this.#outputBytes} may be`)
    return outcome === 'success' ? judge(payload) : { outcome: outcome as 'exception', payload }
  }

  /** The program cannot be understood any more: it is ended, and the next query gets a new one. */
  #giveUp(verdict: Verdict): void {
    const program = this.#program
    this.#program = undefined
    program?.kill()
    if (this.#question === undefined) process.stderr.write(`${verdict.payload.join('')}; the program was ended\n`)
    this.#answer(verdict)
  }

  #answer(verdict: Verdict): void {
    this.#question?.resolve(verdict)
    this.#question = undefined
  }
}

function explain(message: string): string {
  return message.includes('found "') ? `${message} on stdout, which is for frames; print to stderr instead` : `the program sent ${message}`
}
