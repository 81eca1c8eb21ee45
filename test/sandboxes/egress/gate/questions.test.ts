import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../../support/processes.ts'
import { a, mx, nameServer, type NameServer } from '../name_server.ts'
import { type Listening, serve } from '../servers.ts'
import { requestThrough, startGate, type TestGate } from './through.ts'

let names: NameServer
let server: Listening
let gate: TestGate
beforeAll(async () => {
  names = await nameServer((name) => {
    if (name === 'listed.test') return [a('127.0.0.1'), mx(5, 'mail.listed.test')]
    if (name === 'private.test') return [a('10.0.0.1')]
    return undefined
  })
  server = await serve((req, res) => (req.url === '/away' ? res.writeHead(302, { location: 'http://other.test/' }).end() : res.end('answered')))
  gate = await startGate([names.address])
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await names?.[Symbol.asyncDispose]()
})

async function ask(path: string, question: string, argument: unknown): Promise<unknown> {
  const { status, text } = await requestThrough(path, question, { method: 'POST', body: typeof argument === 'string' ? argument : JSON.stringify(argument) })
  return status === 200 ? JSON.parse(text) : status
}

const fetching = (url: string): object => ({ url, method: 'GET', headers: [], redirect: 'follow' })

describe('a question of a runner', () => {
  it('/fetch is a request that the egress process makes', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    expect(await ask(door.path, '/fetch', fetching(`http://listed.test:${server.port}/`))).toMatchObject({ ok: { status: 200, body: 'answered' } })
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verb: 'FETCH', host: 'listed.test', port: server.port, verdict: 'allowed' }))
  })

  it('/fetch asks the policy again for each redirect, and the audit has where it ended', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    expect(await ask(door.path, '/fetch', fetching(`http://listed.test:${server.port}/away`))).toMatchObject({ code: 'denied', err: expect.stringContaining('other.test') })
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verb: 'FETCH', host: 'other.test', verdict: 'denied' }))
  })

  it('/dns is a question to the name servers, for names that are listed', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    expect(await ask(door.path, '/dns', { name: 'listed.test', type: 'MX' })).toEqual({ ok: [{ type: 'MX', priority: 5, exchange: 'mail.listed.test' }] })
    expect(await ask(door.path, '/dns', { name: 'other.test', type: 'MX' })).toMatchObject({ code: 'denied' })
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verb: 'DNS', host: 'other.test', verdict: 'denied' }))
  })

  it('/lookup is where a host is, as far as it may be reached', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test', 'private.test'] })
    expect(await ask(door.path, '/lookup', { name: 'listed.test' })).toEqual({ ok: ['127.0.0.1'] })
    expect(await ask(door.path, '/lookup', { name: 'private.test' })).toMatchObject({ code: 'denied', err: expect.stringContaining('10.0.0.1') })
    expect(await ask(door.path, '/lookup', { name: 'other.test' })).toMatchObject({ code: 'denied' })
  })

  it('that cannot be read, or is too long, or is none, is answered by what is wrong', async ({ expect }) => {
    await using door = await gate.door()
    expect(await ask(door.path, '/fetch', 'no json')).toMatchObject({ err: 'expected a question in JSON', code: 'bad_request' })
    expect(await ask(door.path, '/fetch', 'null')).toMatchObject({ err: 'expected an object', code: 'bad_request' })
    expect(await ask(door.path, '/lookup', 'null')).toMatchObject({ code: expect.stringMatching(/denied|bad_request|unreachable/) })
    expect(await ask(door.path, '/fetch', JSON.stringify('x'.repeat(2 << 20)))).toMatchObject({ code: 'too_large' })
    expect(await ask(door.path, '/other', {})).toBe(400)
  })
})
