import { connect, type Socket } from 'node:net'
import { AnswerReader, type AnswerState } from './answer_reader.ts'
import type { FromWorker, LoadJob, LoadResult, ToWorker } from './load_job.ts'

// A process of its own, so that what it costs is the same for every server; kept for the whole run, so that it is compiled.
process.on('message', (message: ToWorker) => {
  void run(message.job).then((result) => process.send?.({ id: message.id, result } satisfies FromWorker))
})
process.on('disconnect', () => process.exit())

async function run(job: LoadJob): Promise<LoadResult> {
  const tally = new Tally(job)
  await Promise.all(Array.from({ length: job.clients }, () => client(job, tally)))
  return tally.result()
}

/** Counts what became of the requests of all clients, and says when it is time to stop. */
class Tally {
  readonly #start = performance.now()
  readonly #end: number
  #left: number
  #last = this.#start
  #latencies = new Float64Array(4096)
  #answered = 0
  #failed = 0
  #wrong = 0
  #odd: string | undefined

  constructor({ stop }: LoadJob) {
    this.#end = 'afterMs' in stop ? this.#start + stop.afterMs : Infinity
    this.#left = 'afterRequests' in stop ? stop.afterRequests : Infinity
  }

  /** Whether one more request may go out. */
  next(now: number): boolean {
    if (now >= this.#end || this.#left <= 0) return false
    this.#left -= 1
    return true
  }

  answered(state: AnswerState, sentAt: number, now: number, odd: string): void {
    this.#last = now
    if (state === 'failed') {
      this.failed(odd)
      return
    }
    if (state === 'wrong') {
      this.#wrong += 1
      this.#odd ??= odd
    }
    if (this.#answered === this.#latencies.length) {
      const longer = new Float64Array(this.#answered * 2)
      longer.set(this.#latencies)
      this.#latencies = longer
    }
    this.#latencies[this.#answered] = now - sentAt
    this.#answered += 1
  }

  failed(odd: string): void {
    this.#failed += 1
    this.#odd ??= odd
  }

  result(): LoadResult {
    return {
      answered: this.#answered,
      failed: this.#failed,
      wrong: this.#wrong,
      ms: this.#last - this.#start,
      latencies: this.#latencies.slice(0, this.#answered),
      ...(this.#odd === undefined ? {} : { odd: this.#odd }),
    }
  }
}

/** One client: a request at a time until the tally says stop. */
function client(job: LoadJob, tally: Tally): Promise<void> {
  const requests = job.bodies.map((body) => requestBytes(body, job.connections))
  const reader = new AnswerReader(job.holds)
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const { promise, resolve } = Promise.withResolvers<void>()
  let socket: Socket
  let turn = 0
  let sentAt = 0
  let waiting = false

  const begin = (): void => {
    sentAt = performance.now()
    if (!tally.next(sentAt)) {
      socket?.destroy()
      resolve()
      return
    }
    waiting = true
    if (job.connections === 'each' || socket === undefined || socket.destroyed) open()
    // A pre-built request: one write, nothing to serialise.
    socket.write(requests[turn] as Buffer)
    turn = turn + 1 === requests.length ? 0 : turn + 1
  }
  const settled = (): void => {
    waiting = false
    if (job.connections === 'each') socket.destroy()
    if (job.pauseMs === undefined) begin()
    else setTimeout(begin, job.pauseMs)
  }
  const open = (): void => {
    const opened = connect({
      port: job.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback(length: number) {
          if (opened !== socket) return false
          const state = reader.push(buffer, length)
          if (state === 'more') return true
          tally.answered(state, sentAt, performance.now(), reader.odd)
          settled()
          return true
        },
      },
    })
    opened.on('error', () => {})
    opened.on('close', () => {
      if (opened !== socket || !waiting) return
      tally.failed('the connection was closed without an answer')
      // A server that refuses connections must not turn this into a busy loop.
      setTimeout(settled, 5)
    })
    socket = opened
  }
  begin()
  return promise
}

const READ_BYTES = 64 * 1024

function requestBytes(body: Uint8Array, connections: LoadJob['connections']): Buffer {
  const head = [
    'POST /query HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${body.length}`,
    ...(connections === 'each' ? ['Connection: close'] : []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
