import { request, type ServerResponse } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { EgressError } from '../../../../sandboxes/egress/egress_error.ts'
import { Budget } from '../../../../sandboxes/egress/gate/budget.ts'
import { Door } from '../../../../sandboxes/egress/gate/door.ts'
import { eventually } from '../../../support/processes.ts'
import { LOOPBACK } from '../grants.ts'
import { type Listening, listening, serve } from '../servers.ts'
import { CAPS, connectThrough, rawThrough, requestThrough, startGate, type TestGate } from './through.ts'

let gate: TestGate
let server: Listening
let silent: Listening
beforeAll(async () => {
  gate = await startGate()
  server = await serve((req, res) => {
    if (req.url !== '/endless') return void req.resume().on('end', () => res.end('x'.repeat(1000)))
    const more = (): void => {
      while (res.write('x'.repeat(65_536)));
      res.once('drain', more)
    }
    more()
  })
  silent = await listening(createServer(() => {}))
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await silent?.[Symbol.asyncDispose]()
})

describe('what a tenant may use of the network', () => {
  it('is so many connections at a time, over all of its modules; another tenant has its own', async ({ expect }) => {
    const caps = { connections: 2 }
    await using first = await gate.door({}, { caps, tenant: 'full', module: 'one' })
    await using second = await gate.door({}, { caps, tenant: 'full', module: 'two' })
    await using other = await gate.door({}, { caps, tenant: 'other' })
    const held = await Promise.all([first, second].map(({ path }) => connectThrough(path, `127.0.0.1:${silent.port}`))) as Socket[]
    expect(await requestThrough(first.path, server.url)).toMatchObject({ status: 429, text: 'the modules of this tenant may have 2 connections at a time, and no more for now\n' })
    expect(await connectThrough(second.path, `127.0.0.1:${silent.port}`)).toMatch(/^429 .* 2 connections at a time/)
    expect((await requestThrough(other.path, server.url)).status).toBe(200)
    for (const socket of held) socket.destroy()
    await eventually(async () => expect((await requestThrough(first.path, server.url)).status).toBe(200))
  })

  it('is so many requests a minute', async ({ expect }) => {
    await using door = await gate.door({}, { caps: { requestsPerMinute: 3 }, tenant: 'often' })
    const statuses = []
    for (let at = 0; at < 5; at += 1) statuses.push((await requestThrough(door.path, server.url)).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })

  it('counts requests that nobody can read as well, and tells of those that are too many together: a log is not for a module to fill', async ({ expect }) => {
    await using door = await gate.door({}, { caps: { requestsPerMinute: 5 }, tenant: 'floods', module: 'floods' })
    const statuses = []
    for (let at = 0; at < 200; at += 1) statuses.push((await requestThrough(door.path, '/no/target')).status)
    expect(statuses.slice(0, 5)).toEqual([400, 400, 400, 400, 400])
    expect(new Set(statuses.slice(5))).toEqual(new Set([429]))
    const told = gate.audits.filter(({ module }) => module === 'floods')
    expect(told.filter(({ verdict }) => verdict === 'bad_request')).toHaveLength(5)
    const refused = told.filter(({ verdict }) => verdict === 'quota')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(20)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await requestThrough(door.path, '/no/target')).status).toBe(429)
    await eventually(() => {
      const times = gate.audits.filter(({ module, verdict }) => module === 'floods' && verdict === 'quota').map((each) => each.times ?? 1)
      expect(times.reduce((sum, each) => sum + each, 0)).toBe(196)
    })
  })

  it('is so many bytes a minute: an endless body ends, and the next request waits for the next minute', async ({ expect }) => {
    await using door = await gate.door({}, { caps: { bytesPerMinute: 1 << 20 }, tenant: 'much' })
    await expect(requestThrough(door.path, `${server.url}/endless`)).rejects.toThrow(/aborted|ECONNRESET/)
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'quota', why: expect.stringContaining('1048576 bytes a minute') }))
    expect(gate.audits.at(-1)?.received).toBeLessThan(2 << 20)
    expect((await requestThrough(door.path, server.url)).status).toBe(429)
  })

  it('counts what is sent like what comes', async ({ expect }) => {
    await using door = await gate.door({}, { caps: { bytesPerMinute: 1 << 20 }, tenant: 'sends' })
    const said = await requestThrough(door.path, server.url, { method: 'POST', body: Buffer.alloc(4 << 20) }).catch((error: Error) => ({ status: error.message }))
    expect([429, 'write EPIPE', 'read ECONNRESET', 'write ECONNRESET']).toContain(said.status)
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'quota' }))
  })

  it('is a connection for so long', async ({ expect }) => {
    await using door = await gate.door({}, { caps: { connectionMs: 300 } })
    expect(await requestThrough(door.path, silent.url)).toMatchObject({ status: 504, text: 'a connection may last 0.3 s\n' })
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'timeout' }))
  })

  it('is so many bytes of answers that are kept until they are whole: what comes beyond them is not waited for', async ({ expect }) => {
    const open = new Set<ServerResponse>()
    let isOver = false
    // Sixteen megabytes each, and the end of none of them before it is over.
    await using large = await serve((_req, res) => {
      open.add(res)
      for (let part = 0; part < 16; part += 1) res.write(Buffer.alloc(1 << 20))
      if (isOver) res.end()
    })
    await using door = await gate.door({}, { tenant: 'keeps' })
    const ask = async (): Promise<string> => (await requestThrough(door.path, '/fetch', { method: 'POST', body: JSON.stringify({ url: large.url, method: 'GET', headers: [], redirect: 'follow' }) })).text.slice(0, 200)
    const asked = Array.from({ length: 12 }, ask)
    const refused = await Promise.race(asked)
    expect(JSON.parse(refused)).toMatchObject({ code: 'quota', err: expect.stringContaining('134217728 bytes of answers on their way at a time') })
    isOver = true
    for (const res of open) res.end()
    const said = await Promise.all(asked)
    expect(said.filter((text) => text.includes('"status":200')).length).toBeGreaterThan(0)
    // What was kept is given back.
    expect(await ask()).toContain('"status":200')
  })

  it('begins anew with each minute', ({ expect }) => {
    let now = 0
    const budget = new Budget(() => now)
    const caps = { ...CAPS, requestsPerMinute: 1, bytesPerMinute: 10 }
    budget.enter(caps)
    budget.spend(10, caps)
    expect(() => budget.enter(caps)).toThrow(EgressError)
    expect(() => budget.spend(1, caps)).toThrow(EgressError)
    now = 60_000
    budget.enter(caps)
    budget.spend(10, caps)
  })
})

describe('whoever comes in by a door', () => {
  it('and begins a request that does not end is sent away', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'door-'))
    const door = await Door.open({ id: 'slow', path: join(folder, 'slow.sock'), budgetOf: () => new Budget(), audited: () => {}, headMs: 200 })
    door.assign({ tenant: 'acme', module: 'slow', grant: LOOPBACK, caps: CAPS })
    try {
      expect(await rawThrough(join(folder, 'slow.sock'), 'GET http://127.0.0.1/ HTTP/1.1\r\nX: ')).not.toContain(' 200 ')
    } finally {
      await door.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('sends a head of any length is sent away', async ({ expect }) => {
    await using door = await gate.door()
    const said = await rawThrough(door.path, `GET ${server.url} HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`).catch((error: Error) => error.message)
    expect(said).not.toContain(' 200 ')
  })

  it('opens more connections than a door has room for finds the rest closed, and the others still served', async ({ expect }) => {
    await using door = await gate.door()
    const sockets = await Promise.all(Array.from({ length: 300 }, () => new Promise<Socket>((resolve) => {
      const socket = connect(door.path, () => resolve(socket))
      socket.on('error', () => resolve(socket))
    })))
    let open = 0
    await eventually(() => {
      open = sockets.filter((socket) => !socket.destroyed && socket.readable).length
      expect(open).toBeLessThanOrEqual(256)
    })
    for (const socket of sockets) socket.destroy()
    await eventually(async () => expect((await requestThrough(door.path, server.url)).status).toBe(200))
  })

  it('opens sockets by many doors has as many of them as its tenant may, and another tenant still comes in', async ({ expect }) => {
    const caps = { connections: 10 }
    const doors = await Promise.all(Array.from({ length: 4 }, () => gate.door({}, { tenant: 'many', caps })))
    await using other = await gate.door({}, { tenant: 'few', caps })
    const sockets = await Promise.all(doors.flatMap(({ path }) => Array.from({ length: 20 }, () => new Promise<Socket>((resolve) => {
      const socket = connect(path, () => resolve(socket))
      socket.on('error', () => resolve(socket)).resume()
    }))))
    await eventually(() => expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(40))
    expect((await requestThrough(other.path, server.url)).status).toBe(200)
    for (const socket of sockets) socket.destroy()
    await eventually(async () => expect((await requestThrough(doors[0]!.path, server.url)).status).toBe(200))
    for (const door of doors) await door[Symbol.asyncDispose]()
  })

  it('goes in the middle of a request ends it, and it is told of', async ({ expect }) => {
    await using door = await gate.door({}, { module: 'leaves' })
    const before = silent.connections()
    const asking = request({ socketPath: door.path, path: silent.url, agent: false })
    asking.on('error', () => {})
    asking.end()
    await eventually(() => expect(silent.connections()).toBeGreaterThan(before))
    asking.destroy()
    await eventually(() => expect(gate.audits.find(({ module }) => module === 'leaves')).toMatchObject({ verdict: 'aborted', why: 'the module left before it was over' }))
  })
})
