import type { IncomingMessage } from 'node:http'
import { SmallChunks } from '../../../sandboxes/wire/small_chunks.ts'
import { LONGEST_BODY } from '../acceptable.ts'
import { BodyScan } from './scan.ts'
import type { Scanned } from './scan.ts'

/** Bytes that all requests together may hold. What was taken is given back. */
export interface ByteBudget {
  /** Takes `n` bytes, or takes nothing and says false. */
  take(n: number): boolean
  give(n: number): void
}

/** A body as it came: never joined as a whole, never decoded. Whoever receives it gives its bytes back to the budget. */
export interface Body {
  readonly chunks: readonly Uint8Array[]
  readonly bytes: number
  readonly scanned: Scanned
}

/**
 * `no_room`: the budget is used up, the rest of the body is read and thrown away. `too_long`: longer than the limit. `broken`: with
 * trailers, which upstream takes for broken HTTP. `gone`: the client left.
 */
export type Refused = 'no_room' | 'too_long' | 'broken' | 'gone'
export type Received = Body | Refused

/**
 * Receives the body of a request, reading it as its chunks arrive. Calls `done` once. What is returned stops it: it is then as if the
 * client had left, and what else comes is thrown away.
 */
export function receiveBody(req: IncomingMessage, budget: ByteBudget, done: (received: Received) => void): () => void {
  let chunks: Buffer[] = []
  const small = new SmallChunks()
  const scan = new BodyScan()
  let bytes = 0
  let open = true

  function refuse(why: Refused): void {
    if (!open) return
    open = false
    chunks = []
    budget.give(bytes)
    done(why)
  }

  req.on('data', (chunk: Buffer) => {
    if (!open) return
    if (bytes + chunk.length > LONGEST_BODY) return refuse('too_long')
    if (!budget.take(chunk.length)) return refuse('no_room')
    bytes += chunk.length
    small.add(chunks, chunk)
    scan.push(chunk)
  })
  req.on('end', () => {
    if (!open) return
    if (req.rawTrailers.length > 0) return refuse('broken')
    open = false
    const whole = chunks
    // The request outlives its answer, and these listeners with it: they must not keep the body.
    chunks = []
    done({ chunks: whole, bytes, scanned: scan.end() })
  })
  const stop = (): void => refuse('gone')
  req.on('close', stop)
  return stop
}
