import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS } from './passage.ts'

/** Of the body of what is refused: a client that is still sending does not read why. */
const HEARD_BYTES = 1 << 20

/** Says which cap is met, in the way of a question's answer or of a proxy, and ends the connection. */
export function refuse(req: IncomingMessage, res: ServerResponse, met: string, isQuestion: boolean): void {
  const answer = (): void => {
    if (res.writableEnded) return
    const type = isQuestion ? 'application/json' : 'text/plain; charset=utf-8'
    res.writeHead(isQuestion ? 200 : STATUS.quota, { 'content-type': type, 'connection': 'close' })
    res.end(isQuestion ? JSON.stringify({ err: met, code: 'quota' }) : `${met}\n`)
  }
  let heard = 0
  req.on('data', (chunk: Buffer) => {
    heard += chunk.length
    if (heard > HEARD_BYTES) answer()
  }).once('end', answer)
}
