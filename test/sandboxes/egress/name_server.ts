import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** The data of a record, in bytes. */
export type RecordData = readonly [type: keyof typeof TYPES, data: Buffer]

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const

export const a = (address: string): RecordData => ['A', Buffer.from(address.split('.').map(Number))]
/** In full: eight groups. */
export const aaaa = (address: string): RecordData => ['AAAA', Buffer.from(address.split(':').map((group) => group.padStart(4, '0')).join(''), 'hex')]
export const named = (type: 'NS' | 'CNAME' | 'PTR', name: string): RecordData => [type, wireName(name)]
export const mx = (priority: number, name: string): RecordData => ['MX', Buffer.concat([Buffer.from([priority >> 8, priority & 255]), wireName(name)])]
export const txt = (...texts: string[]): RecordData => ['TXT', Buffer.concat(texts.flatMap((text) => [Buffer.from([text.length]), Buffer.from(text)]))]
export const soa = (server: string, mail: string, numbers: readonly number[]): RecordData =>
  ['SOA', Buffer.concat([wireName(server), wireName(mail), ...numbers.map((each) => Buffer.from(each.toString(16).padStart(8, '0'), 'hex'))])]

export interface NameServer extends AsyncDisposable {
  /** `address:port` */
  readonly address: string
  /** What was asked: `name type`. */
  readonly asked: readonly string[]
}

/**
 * A name server at a free port of the loopback. `answers` is asked for each question; undefined: there is no such name; `silent`: no
 * answer at all. A name may have another answer each time.
 */
export async function nameServer(answers: (name: string) => readonly RecordData[] | 'silent' | undefined): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (message, { port, address }) => {
    const { name, type, end } = question(message)
    asked.push(`${name} ${Object.entries(TYPES).find(([, each]) => each === type)?.[0]}`)
    const found = answers(name)
    if (found === 'silent') return
    const records = (found ?? []).filter(([each]) => TYPES[each] === type).map(([each, data]) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, TYPES[each], 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 255]), data]))
    const head = Buffer.from([0x81, found === undefined ? 0x83 : 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
    socket.send(Buffer.concat([message.subarray(0, 2), head, message.subarray(12, end), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

function question(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 }
}

function wireName(name: string): Buffer {
  return Buffer.concat([...name.split('.').filter(Boolean).map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])])
}
