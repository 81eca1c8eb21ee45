import { afterAll, beforeAll, describe, it } from 'vitest'
import { egressCallsOver } from '../../../../sandboxes/egress/over_door.ts'
import { eventually } from '../../../support/processes.ts'
import { failureOf } from '../grants.ts'
import { a, nameServer, type NameServer } from '../name_server.ts'
import { type Listening, serve } from '../servers.ts'
import { startGate, type TestGate } from './through.ts'

let names: NameServer
let server: Listening
let gate: TestGate
beforeAll(async () => {
  names = await nameServer((name) => (name === 'listed.test' ? [a('127.0.0.1')] : undefined))
  server = await serve((req, res) => {
    if (req.url === '/never') return
    res.end(Buffer.from([0, 128, 255, 10]))
  })
  gate = await startGate([names.address])
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await names?.[Symbol.asyncDispose]()
})

const open = new AbortController().signal
const fetching = (url: string, more: object = {}): object => ({ url, method: 'GET', headers: [], redirect: 'follow', ...more })

describe('a runner that has nothing but a door', () => {
  it('fetches what is listed, byte for byte', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    const calls = egressCallsOver(door.path)
    expect(await calls.fetch(fetching(`http://listed.test:${server.port}/`), open)).toMatchObject({ status: 200, body: '\x00\x80\xff\n' })
  })

  it('asks for names that are listed', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    expect(await egressCallsOver(door.path).dns({ name: 'listed.test', type: 'A' }, open)).toEqual(['127.0.0.1'])
  })

  it('says which query it asks for, and the egress process tells of it', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] }, { module: 'says' })
    const [one, two] = [egressCallsOver(door.path, 'one'), egressCallsOver(door.path, 'by-a-client/0123abcd')]
    await Promise.all([one.fetch(fetching(`http://listed.test:${server.port}/`), open), two.dns({ name: 'listed.test', type: 'A' }, open)])
    await failureOf(one.fetch(fetching('http://other.test/'), open))
    const told = (): string[] => gate.audits.filter(({ module }) => module === 'says').map(({ query, verb, host }) => `${query} ${verb} ${host}`).toSorted()
    await eventually(() => expect(told()).toEqual(['by-a-client/0123abcd DNS listed.test', 'one FETCH listed.test', 'one FETCH other.test']))
  })

  it('is told in the same words as without one what it may not, or what it asked wrongly', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'], networks: [] })
    const calls = egressCallsOver(door.path)
    expect(await failureOf(calls.fetch(fetching('http://other.test/'), open))).toMatch(/^denied: the module may not reach other\.test/)
    expect(await failureOf(calls.fetch(fetching(`http://listed.test:${server.port}/`), open))).toMatch(/^denied: .*127\.0\.0\.1 \(loopback\)/)
    expect(await failureOf(calls.fetch(fetching('file:///etc/passwd'), open))).toMatch(/^bad_request: /)
    expect(await failureOf(calls.dns({ name: 'other.test', type: 'A' }, open))).toMatch(/^denied: /)
  })

  it('may call off one request, and its query all of them: the other side hears of it', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] }, { module: 'calls_off' })
    const calls = egressCallsOver(door.path)
    const query = new AbortController()
    const before = server.connections()
    const one = failureOf(calls.fetch(fetching(`http://listed.test:${server.port}/never`, { id: 1 }), query.signal))
    const two = failureOf(calls.fetch(fetching(`http://listed.test:${server.port}/never`, { id: 2 }), query.signal))
    await eventually(() => expect(server.connections()).toBe(before + 2))
    expect(await calls.fetch({ cancel: 1 }, query.signal)).toBeNull()
    expect(await one).toBe('aborted: the request was called off')
    query.abort()
    expect(await two).toBe('aborted: the request was called off')
    await eventually(() => expect(gate.audits.filter(({ module }) => module === 'calls_off').map(({ verdict }) => verdict)).toEqual(['aborted', 'aborted']))
  })

  it('is told when the door is closed', async ({ expect }) => {
    const door = await gate.door()
    await door[Symbol.asyncDispose]()
    expect(await failureOf(egressCallsOver(door.path).dns({ name: 'listed.test', type: 'A' }, open))).toBe('unreachable: the way out of the sandbox is closed')
  })
})
