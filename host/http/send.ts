import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { SMALL_ANSWER } from '../../sandboxes/wire/frame_room.ts'
import type { Pieces } from './pieces.ts'

/** Bytes of a body that are copied into a string rather than written on their own. */
const SMALL = 16_384

/**
 * Sends one whole answer: status, headers as a flat list of names and values, and the body as the chunks it came in. Several
 * chunks follow the pace of the client. The socket says what to do with the connection; no answer is ever chunked.
 */
export function send(res: ServerResponse, id: string, status: number, headers: string[], body: readonly Uint8Array[], bytes: number): void {
  if (res.destroyed) return
  headers.push('Content-Length', String(bytes))
  sendHead(res, id, status, headers)
  const [only] = body
  if (body.length > 1) sendChunks(res, body)
  // As one string Node joins a body to the head and writes both at once, which is cheaper while they are small.
  else if (only !== undefined && only.length <= SMALL) res.end(Buffer.from(only.buffer, only.byteOffset, only.length).toString('latin1'), 'latin1')
  else res.end(only)
}

/** Long answers of a connection that are not sent yet: whoever asks ahead has several. */
const unsent = new WeakMap<Socket, number>()

/** Counts a long answer as held until it is sent, or nobody waits for it any more; whoever reads nothing of it for too long does not. */
export function holdUntilSent(res: ServerResponse, bytes: number, { answers, unreadMs }: Pick<Pieces, 'answers' | 'unreadMs'>): void {
  const { socket } = res.req
  if (bytes <= SMALL_ANSWER || res.destroyed || socket.destroyed) return
  answers.hold(bytes)
  let isHeld = true
  const over = (): void => {
    if (!isHeld) return
    isHeld = false
    answers.give(bytes)
    const left = (unsent.get(socket) ?? 1) - 1
    unsent.set(socket, left)
    if (left === 0) socket.setTimeout(0)
    res.off('close', over)
    socket.off('close', over)
  }
  unsent.set(socket, (unsent.get(socket) ?? 0) + 1)
  socket.setTimeout(unreadMs)
  res.once('close', over)
  // An answer that waits behind another of its connection is not told of its end.
  socket.once('close', over)
}

/** Sends an answer that has no body: 304. */
export function sendEmpty(res: ServerResponse, id: string, status: number, headers: string[]): void {
  if (res.destroyed) return
  sendHead(res, id, status, headers)
  res.end()
}

function sendHead(res: ServerResponse, id: string, status: number, headers: string[]): void {
  headers.push('X-Request-Id', id, 'Server', 'misp-module-host')
  const connection = connectionHeader(res.req)
  // Without this Node announces keep-alive in every answer, which upstream does not; the connection persists all the same.
  if (connection === undefined) res.removeHeader('connection')
  else headers.push('Connection', connection)
  res.writeHead(status, headers)
}

/**
 * A client that asks in 1.1 to close, or in 1.0 to keep open, is told so; nobody else is told anything, except that a server that
 * ends has no use for the connection.
 */
function connectionHeader(req: IncomingMessage): string | undefined {
  const { server } = req.socket as Socket & { server?: Server }
  if (server?.listening === false) return 'close'
  const asked = req.headers.connection
  if (asked === undefined) return undefined
  const word = asked.toLowerCase()
  if (req.httpVersionMinor === 0) return word === 'keep-alive' ? 'Keep-Alive' : undefined
  return word === 'close' ? 'close' : undefined
}

function sendChunks(res: ServerResponse, chunks: readonly Uint8Array[]): void {
  let next = 0
  function more(): void {
    while (next < chunks.length) {
      if (res.destroyed) return
      if (!res.write(chunks[next++])) {
        res.once('drain', more)
        return
      }
    }
    res.end()
  }
  more()
}
