import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantsHost } from '../../support/tenants.ts'

const MEGABYTE = 1 << 20
const LONG = pythonModule('"x" * query["bytes"]')

describe('answers that nobody reads', () => {
  let host: TenantsHost
  beforeAll(async () => {
    host = await TenantsHost.start({
      tenants: { eve: { files: { 'expansion/long.py': LONG } }, bob: { files: { 'expansion/long.py': LONG } } },
      config: { server: { answersMb: 32 } },
    })
    await host.ask('eve', 'long', { bytes: 1 })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  afterEach(() => eventually(() => {
    if (held() > 0) throw new Error('answers of the test before are still held')
  }))
  const held = (): number => host.tenants.answers.held()
  const running = (): number => host.tenants.all[0]!.opened.host.admission.status().running

  async function bytesOf(res: IncomingMessage): Promise<number> {
    let bytes = 0
    for await (const chunk of res) bytes += (chunk as Buffer).length
    return bytes
  }

  it('are held up to a bound: the others wait in their runners, no other tenant waits for them, and all come whole when they are read', async ({ expect }) => {
    const bytes = 24 * MEGABYTE
    let heads = 0
    const asked = Array.from({ length: 4 }, () => unread(host, 'eve', { bytes }))
    for (const each of asked) void each.then(() => (heads += 1))
    await eventually(() => expect([held() >= bytes, held() < 32 * MEGABYTE, running(), heads]).toEqual([true, true, 3, 1]))
    const others = await host.ask('bob', 'long', { bytes: 12 * MEGABYTE })
    expect(others.length).toBe(12 * MEGABYTE + '{"results":""}'.length)
    expect(running()).toBe(3)
    expect(await host.ask('eve', 'long', { bytes: 3 })).toBe('{"results":"xxx"}')
    const whole = Promise.all(asked.map(async (each) => await bytesOf(await each)))
    let most = 0
    const looking = setInterval(() => { most = Math.max(most, held()) }, 1)
    expect(await whole).toEqual(Array(4).fill(bytes + '{"results":""}'.length))
    clearInterval(looking)
    expect(most).toBeLessThan(32 * MEGABYTE)
  }, 120_000)

  it('are not held any more when the connection is gone that both of two were asked on', async ({ expect }) => {
    const body = JSON.stringify({ module: 'long', bytes: 10 * MEGABYTE })
    const { hostname, port } = new URL(host.url('/'))
    const socket = connect(Number(port), hostname).pause()
    const asked = `POST /query HTTP/1.1\r\nHost: x\r\nAuthorization: ${host.files.basic('eve')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    socket.write(asked + asked)
    await eventually(() => expect([held() > 20 * MEGABYTE, running()]).toEqual([true, 0]))
    socket.destroy()
    await eventually(() => expect(held()).toBe(0))
  }, 120_000)

  it('let the next one of their tenant fail at its deadline, with a reason, and hold nothing when their client is gone', async ({ expect }) => {
    const first = await unread(host, 'eve', { bytes: 24 * MEGABYTE })
    const next = await host.post('eve', '/api/v1/modules/long/query?timeout=2', { bytes: 24 * MEGABYTE })
    expect([next.status, (JSON.parse(next.body) as { code: string }).code]).toEqual([503, 'BUSY'])
    const isWhy = ({ reqId, failure }: Record<string, unknown>): boolean => reqId === next.headers.get('x-request-id') && /found no room beside others/.test(String(failure))
    await eventually(() => expect(host.lines.some(isWhy)).toBe(true))
    first.destroy()
    await eventually(() => expect(held()).toBe(0))
    expect((await host.ask('eve', 'long', { bytes: 24 * MEGABYTE })).length).toBeGreaterThan(24 * MEGABYTE)
  }, 120_000)
})


it('a client that reads nothing of an answer for too long loses its connection, and one that reads is waited for', async ({ expect }) => {
  await using host = await TenantsHost.start({ tenants: { eve: { files: { 'expansion/long.py': LONG } } }, config: { server: { unreadSeconds: 5 } } })
  const held = (): number => host.tenants.answers.held()
  const [never, slow] = [await unread(host, 'eve', { bytes: 24 * MEGABYTE }), await unread(host, 'eve', { bytes: 24 * MEGABYTE })]
  let bytes = 0
  slow.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    slow.pause()
    setTimeout(() => slow.resume(), chunk.length / (2 * MEGABYTE) * 1000)
  }).resume()
  const lost = new Promise((resolve) => never.once('error', resolve))
  await eventually(() => expect(held()).toBeLessThan(25 * MEGABYTE))
  never.resume()
  expect(await lost).toMatchObject({ code: 'ECONNRESET' })
  await new Promise((resolve) => slow.once('end', resolve))
  expect(bytes).toBeGreaterThan(24 * MEGABYTE)
  await eventually(() => expect(held()).toBe(0))
}, 120_000)

/** Asks, and reads nothing of the answer but its head. */
async function unread(host: TenantsHost, name: string, body: object): Promise<IncomingMessage> {
  const headers = { 'authorization': host.files.basic(name), 'content-type': 'application/json' }
  return await new Promise((resolve, reject) => {
    const asked = request(host.url('/query'), { method: 'POST', headers, agent: false }, (res) => resolve(res.pause()))
    asked.on('error', reject)
    asked.end(JSON.stringify({ module: 'long', ...body }))
  })
}
