import type { IncomingMessage, Server } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { dropRequest, endWith } from './bare_answer.ts'
import { errorPage } from './compat/pages.ts'
import type { Handle } from './pieces.ts'

type ParseError = Error & { code?: string; rawPacket?: Buffer; bytesParsed?: number }

/** A request line whose only fault may be a method that Node does not know. */
const REQUEST_LINE = /(?:^|\n)[!#$%&'*+.^_`|~\w-]+ \S+ HTTP\/1\.[01]\r?\n/

/** Answers what never becomes a request in Node's eyes: broken HTTP, unknown methods, CONNECT, expectations. */
export function answerOddities(server: Server, handle: Handle, log: Logger): void {
  // Node itself sends 100 where it is expected; any other expectation is ignored, as upstream does.
  server.on('checkExpectation', handle)
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    refuseMethod(socket, log)
  })
  server.on('clientError', (error: ParseError, socket) => {
    if (socket.destroyed || !socket.writable || !error.code?.startsWith('HPE_') || error.code === 'HPE_HEADER_OVERFLOW') socket.destroy()
    else if (error.code === 'HPE_INVALID_METHOD' && REQUEST_LINE.test(packet(error))) refuseMethod(socket, log)
    else {
      log.info({ status: 400, code: error.code }, 'broken request')
      dropRequest(socket)
    }
  })
}

/** What the parser had before it, from a little before the place where it gave up. */
function packet({ rawPacket, bytesParsed }: ParseError): string {
  const from = Math.max(0, (bytesParsed ?? 0) - 64)
  return rawPacket === undefined ? '' : rawPacket.toString('latin1', from, from + 8192)
}

/** Node's parser cannot go on after such a request, so that the connection ends with the answer. */
function refuseMethod(socket: Duplex, log: Logger): void {
  const page = errorPage(405)
  const reqId = randomUUID()
  const head = ['HTTP/1.1 405 Method Not Allowed', 'Content-Type: text/html; charset=UTF-8', `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${page.length}`, `X-Request-Id: ${reqId}`, 'Server: misp-module-host', 'Connection: close']
  endWith(socket, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), page]))
  log.info({ reqId, status: 405 }, 'request')
}
