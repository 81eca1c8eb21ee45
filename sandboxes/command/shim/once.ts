import { failed, judge, LONGEST, type Verdict } from './judge.ts'
import { endedHow, lastWords, Program, type ProgramParts } from './program.ts'

/** What the shim reads of the host's `query` message. */
export interface QueryHeader {
  readonly type: 'query'
  readonly id: string
  /** What the host's log calls it. */
  readonly query: string
  /** Seconds of CPU time. */
  readonly cpu: number
  /** Time that is left. */
  readonly ms: number
}

/** What can be asked, and ended from outside. */
export interface Asked {
  ask(body: readonly Buffer[], query: QueryHeader): Promise<Verdict>
  /** Ends what runs; returns what an author should know of it. */
  stop(): string | undefined
}

/** The form `once`: a process for each query, the body on its stdin, the answer on its stdout, and its exit status. */
export class Once implements Asked {
  readonly #parts: ProgramParts
  readonly #most: number
  #program: Program | undefined
  #bytes = 0

  constructor(parts: ProgramParts, outputBytes: number) {
    this.#parts = parts
    this.#most = Math.min(outputBytes, LONGEST)
  }

  async ask(body: readonly Buffer[], { cpu }: QueryHeader): Promise<Verdict> {
    const program = new Program({ ...this.#parts, body, limits: { ...this.#parts.limits, cpu } })
    this.#program = program
    const answer: Buffer[] = []
    this.#bytes = 0
    program.output.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length
      if (this.#bytes <= this.#most) answer.push(chunk)
      else program.kill()
    })
    const ending = await program.ended
    this.#program = undefined
    if (this.#bytes > this.#most) return failed('too_large', `the answer has more than ${this.#most} bytes`)
    if (ending.status === 0) return judge(answer)
    const explained = lastWords(program, endedHow(ending))
    if (ending.signal === 'SIGXCPU') return { outcome: 'timeout', payload: [explained] }
    return { outcome: ending.signal === null ? 'exception' : 'exit', payload: [explained] }
  }

  stop(): string | undefined {
    if (this.#program === undefined) return undefined
    this.#program.kill()
    return this.#bytes === 0 ? undefined : `the program had written ${this.#bytes} bytes to stdout and had not exited: an answer counts when its program has`
  }
}
