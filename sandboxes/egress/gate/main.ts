/** The egress process: obeys frames on its standard input, says what passes on its standard output, and ends with the host. */
import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../wire/frames.ts'
import { Gate } from './gate.ts'
import type { FromGate, ToGate } from './messages.ts'

const MOST_BYTES = 1 << 20

// A bug of ours that one module has found is not to cost all others their way out.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, (error) => console.error('a bug of the egress process:', error))

const output = new Socket({ fd: 1, readable: false, writable: true })
const input = new Socket({ fd: 0, readable: true, writable: false })
const say = (message: FromGate): void => {
  for (const part of encodeFrame(message)) output.write(part)
}
const [servers] = process.argv.slice(2)
const gate = new Gate(say, servers === undefined ? undefined : servers.split(','))
const reader = new FrameReader(MOST_BYTES)
input.on('data', (chunk: Buffer) => {
  for (const { header } of reader.push(chunk)) void gate.obey(header as ToGate)
})
const leave = (): never => process.exit(0)
input.on('close', leave)
input.on('error', leave)
output.on('error', leave)
say({ type: 'ready' })
