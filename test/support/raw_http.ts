import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly reason: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Exchange {
  /** Interim answers (100) first, as they came. */
  readonly interim: readonly number[]
  /** undefined: the connection ended without an answer. */
  readonly answer: RawAnswer | undefined
  /** Whether the connection could be used for another request afterwards. */
  readonly kept: boolean
}

const HEALTH = 'GET /healthcheck HTTP/1.1\r\nHost: a\r\n\r\n'

/** A liveness bound: nothing here takes seconds unless something is broken. */
const PATIENCE_MS = 10_000

/**
 * Sends bytes over a connection of their own and reads the answer; then tries the same connection with a health check.
 * `after100` is sent when the interim answer has come. `head`: no body follows the headers.
 */
export async function exchange(port: number, request: string | Buffer, options: { head?: boolean; after100?: string | Buffer } = {}): Promise<Exchange> {
  using wire = await open(port)
  wire.write(request)
  const interim: number[] = []
  let answer = await wire.read(options.head)
  while (answer !== undefined && answer.status < 200) {
    interim.push(answer.status)
    if (options.after100 !== undefined) wire.write(options.after100)
    answer = await wire.read(options.head)
  }
  wire.write(HEALTH)
  const second = await wire.read()
  return { interim, answer, kept: second?.status === 200 && second.body.toString() === '{"status":true}' }
}

/** A request with a body, headers as given. */
export function post(path: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body)
  const head = [`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${bytes.length}`, ...headers].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes])
}

export function get(path: string, headers: readonly string[] = [], method = 'GET'): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`
}

export interface Wire extends Disposable {
  readonly socket: Socket
  write(bytes: string | Buffer): void
  /** The next answer, or undefined when the connection ends without a whole one. */
  read(head?: boolean): Promise<RawAnswer | undefined>
}

/** A connection that answers are read from one by one. */
export async function open(port: number, host = '127.0.0.1'): Promise<Wire> {
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, 'connect')
  let received: Buffer[] = []
  let bytes = 0
  let ended = false
  let wake: () => void = () => {}
  socket.on('data', (chunk) => { received.push(chunk); bytes += chunk.length; wake() })
  for (const event of ['end', 'close', 'error']) socket.on(event, () => { ended = true; wake() })
  return {
    socket,
    write(bytes) {
      if (socket.writable) socket.write(bytes)
    },
    async read(head = false) {
      const patience = setTimeout(() => socket.destroy(), PATIENCE_MS)
      // Joining at each chunk would take seconds for a large answer.
      let wanted = 1
      try {
        for (;;) {
          if (bytes >= wanted) {
            const joined = Buffer.concat(received)
            const { answer, length } = parse(joined, head)
            received = [answer === undefined ? joined : joined.subarray(length)]
            bytes = received[0]!.length
            if (answer !== undefined) return answer
            wanted = Math.max(length, bytes + 1)
          }
          if (ended) return undefined
          await new Promise<void>((resolve) => { wake = resolve })
        }
      } finally {
        clearTimeout(patience)
      }
    },
    [Symbol.dispose]() {
      socket.destroy()
    },
  }
}

/** The answer at the start of `bytes`, where it is whole, and the length that it has as far as that is known. */
function parse(bytes: Buffer, head: boolean): { answer: RawAnswer | undefined; length: number } {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return { answer: undefined, length: 0 }
  const [line = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(line) ?? []
  const headers = Object.fromEntries(fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
  }))
  const code = Number(status)
  const length = head || code < 200 || code === 304 ? 0 : Number(headers['content-length'] ?? 0)
  const from = end + 4
  const whole = from + length
  if (bytes.length < whole) return { answer: undefined, length: whole }
  return { answer: { status: code, reason, headers, body: Buffer.from(bytes.subarray(from, whole)) }, length: whole }
}
