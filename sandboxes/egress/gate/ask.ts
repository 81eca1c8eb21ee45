import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { egressCalls } from '../calls.ts'
import { vettedAddresses } from '../dial.ts'
import { EgressError } from '../egress_error.ts'
import { admitHost, readHost } from '../policy.ts'
import type { EgressTools } from '../tools.ts'
import type { Passage } from './passage.ts'

/** Of a question: a request's body is in it, as text. */
const QUESTION_BYTES = 1 << 20

export const QUESTIONS = ['/fetch', '/dns', '/lookup'] as const
export type Question = (typeof QUESTIONS)[number]

/**
 * Answers a question that a runner asks for its module, JSON in and out: `/fetch` and `/dns` take and answer what egressCalls says,
 * `/lookup` takes `{name}` and answers the addresses of a host. A failure is `{err, code}`, anything else `{ok}`.
 */
export async function ask(passage: Passage, question: Question, req: IncomingMessage, res: ServerResponse, tools: EgressTools): Promise<void> {
  passage.follow(res)
  let said: string
  try {
    passage.enter()
    const text = await readText(req)
    passage.count(text.length, 'sent')
    const noting: EgressTools = { ...tools, asked: ({ host, port }) => passage.towards(host, port), arrived: (bytes) => passage.keep(bytes) }
    const ok = await answerTo(question, toArgument(text), passage, passage.signal, noting)
    said = JSON.stringify({ ok })
    if (question !== '/fetch') passage.count(said.length, 'received')
    // What was held for it is on its way.
    await sent(res, said)
    return void passage.end()
  } catch (thrown) {
    const { code, message } = passage.end(thrown) as EgressError
    said = JSON.stringify({ err: message, code })
  }
  await sent(res, said).catch(() => {})
}

/** Rejects where whoever asked has left. */
async function sent(res: ServerResponse, text: string): Promise<void> {
  res.writeHead(200, { 'content-type': 'application/json' }).end(text)
  await finished(res)
}

async function answerTo(question: Question, argument: unknown, passage: Passage, signal: AbortSignal, tools: EgressTools): Promise<unknown> {
  const { grant } = passage.visitor
  if (question === '/fetch') return await egressCalls(grant, tools).fetch(argument, signal)
  const name = String((argument as { name?: unknown } | null)?.name)
  passage.towards(name)
  if (question === '/dns') return await egressCalls(grant, tools).dns(argument, signal)
  const host = readHost(name)
  admitHost(grant, host)
  return await vettedAddresses(grant, host, signal, tools)
}

function toArgument(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EgressError('bad_request', 'expected a question in JSON', { cause })
  }
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > QUESTION_BYTES) throw new EgressError('too_large', `a question has at most ${QUESTION_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
