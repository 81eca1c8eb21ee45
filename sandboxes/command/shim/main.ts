/**
 * The process between the host and a module's program: it owns the frames, so that a program of any language needs to know
 * little of them. One of it becomes one module.
 */
import { encodeFrame, FrameReader, PROTOCOL, type Frame } from '../../wire/frames.ts'
import { become, type LoadHeader } from './become.ts'
import { Leftovers } from './leftovers.ts'
import { loopbackProxy } from './loopback_proxy.ts'
import type { Asked, QueryHeader } from './once.ts'

const leftovers = new Leftovers()
const reader = new FrameReader(0xffffffff)
let asked: Asked | undefined
/** What the host's log calls the query in hand. */
let inHand: string | undefined

const { MISP_EGRESS_DOOR: door } = process.env
delete process.env['MISP_EGRESS_DOOR']
if (door !== undefined) Object.assign(process.env, await loopbackProxy(door, () => inHand))

process.stdout.on('error', () => leave(1))
process.stderr.on('error', () => {})
process.on('SIGTERM', () => leave(143))
process.stdin.on('end', () => leave(0))
process.stdin.on('error', () => leave(1))
process.stdin.on('data', (chunk: Buffer) => {
  for (const frame of reader.push(chunk)) void obey(frame)
})
send({ type: 'ready', protocol: PROTOCOL, pid: process.pid })

async function obey({ header, payload }: Frame): Promise<void> {
  const message = header as LoadHeader | QueryHeader | { readonly type: 'ping'; readonly id: string }
  switch (message.type) {
    case 'load':
      return load(message, payload)
    case 'query':
      return query(message, payload)
    case 'ping':
      return send({ type: 'pong', id: message.id })
    default:
      throw new Error(`expected a load, query or ping message, found ${JSON.stringify(header)}`)
  }
}

function load(message: LoadHeader, content: readonly Buffer[]): void {
  const { id } = message
  const became = become(message, content, leftovers)
  if ('failure' in became) {
    send({ type: 'failed', id, ...became.failure })
    return leave(0)
  }
  asked = became.asked
  send({ type: 'loaded', id, heavy: false, files: became.files }, became.entry)
}

async function query(message: QueryHeader, body: readonly Buffer[]): Promise<void> {
  if (asked === undefined) throw new Error('expected a load message before a query')
  inHand = message.query
  const { outcome, payload } = await asked.ask(body, message)
  inHand = undefined
  send({ type: 'result', id: message.id, outcome }, payload)
  // The host believes us gone.
  if (outcome === 'exit') leave(0)
}

function send(header: object, payload: readonly Buffer[] = []): void {
  for (const part of encodeFrame(header, payload)) process.stdout.write(part)
}

/** Nothing of the module stays: neither its program nor what that has started. */
function leave(status: number): void {
  const said = asked?.stop()
  if (said !== undefined) process.stderr.write(`${said}\n`)
  leftovers.sweep(true)
  process.exit(status)
}
