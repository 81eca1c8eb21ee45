import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { EventData } from '../../../../host/http/api/schemas.ts'
import { problemIn } from '../../../support/api.ts'
import { listenToEvents, type SentEvent } from '../../../support/event_stream.ts'
import { module, ReloadServer } from '../../../support/reload_server.ts'

describe('GET /api/v1/events', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({ files: { 'expansion/r_first.py': module('"first"') } })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  const about = (name: string) => ({ data }: SentEvent): boolean => (data as { module?: string }).module === name
  const kinds = (events: readonly SentEvent[]): string[] => events.map(({ event }) => event)

  it('tells of modules that are loaded, reloaded, fail and go', async ({ expect }) => {
    using stream = await listenToEvents(host.url('/api/v1/events'))
    expect([stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control')]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store'])
    host.save('r_one', module('"one"'))
    await stream.until(1, about('r_one'))
    host.save('r_one', module('"two"'))
    await stream.until(2, about('r_one'))
    host.save('r_one', 'raise ValueError("no")\n')
    await stream.until(3, about('r_one'))
    host.remove('r_one')
    const events = await stream.until(4, about('r_one'))
    expect(kinds(events)).toEqual(['loaded', 'reloaded', 'failed', 'removed'])
    const [loaded, reloaded, failed, removed] = events.map(({ data }) => EventData.parse(data))
    expect(loaded).toMatchObject({ module: 'r_one', type: 'expansion', runtime: 'python', file: host.path('r_one'), failure: null })
    expect(failed).toMatchObject({ version: reloaded!.version, failure: { error: 'ValueError: no', line: 1 } })
    expect(removed).toMatchObject({ version: null })
    expect(events.map(({ id, data }) => id.endsWith(`-${(data as { id: number }).id}`))).toEqual([true, true, true, true])
    expect(stream.retry()).toBeGreaterThan(0)
  })

  it('a client that comes back with the last id that it had misses nothing and gets nothing twice', async ({ expect }) => {
    let last: string
    {
      using stream = await listenToEvents(host.url('/api/v1/events'))
      host.save('r_two', module('"1"'))
      last = (await stream.until(1, about('r_two'))).at(-1)!.id
    }
    host.save('r_two', module('"2"'))
    await host.answers('r_two', '2')
    using stream = await listenToEvents(host.url('/api/v1/events'), last)
    host.save('r_two', module('"3"'))
    const events = await stream.until(2, about('r_two'))
    expect(kinds(events)).toEqual(['reloaded', 'reloaded'])
    const ids = events.map(({ data }) => (data as { id: number }).id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(ids[0]).toBeGreaterThan(Number(last.split('-')[1]))
    expect(kinds(stream.events)).not.toContain('gap')
  })

  it('whoever has an id of a host that was there before gets all that is kept; so does since=0', async ({ expect }) => {
    for (const [path, last] of [['/api/v1/events', '00000000-999'], ['/api/v1/events?since=0', undefined]] as const) {
      using stream = await listenToEvents(host.url(path), last)
      expect(await stream.until(1, about('r_first'))).toMatchObject([{ event: 'loaded' }])
    }
  })

  it('an id that is none is refused', async ({ expect }) => {
    for (const since of ['x', '-1', '1e3', '1&since=2', `${'9'.repeat(30)}`]) {
      const response = await fetch(host.url(`/api/v1/events?since=${since}`))
      expect(problemIn(response, await response.text()), since).toMatchObject({ code: 'BAD_REQUEST', status: 400 })
    }
  })

  it('more than so many cannot listen, and who leaves makes room', async ({ expect }) => {
    const listening: Socket[] = []
    const open = async (): Promise<string> => {
      const socket = connect(Number(new URL(host.url('/')).port), '127.0.0.1')
      listening.push(socket)
      socket.write('GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n')
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      return chunk.toString().split('\r\n', 1)[0]!
    }
    for (let n = 0; n < 64; n += 1) expect(await open()).toBe('HTTP/1.1 200 OK')
    expect(await open()).toBe('HTTP/1.1 503 Service Unavailable')
    for (const socket of listening) socket.destroy()
    await expect.poll(open, { timeout: 20_000 }).toBe('HTTP/1.1 200 OK')
    for (const socket of listening) socket.destroy()
  })

  it('clients that never read are dropped, and cost no memory', async ({ expect }) => {
    const sockets = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = connect(Number(new URL(host.url('/')).port), '127.0.0.1')
      await once(socket, 'connect')
      socket.pause()
      // All that is kept, again and again, and nobody reads.
      socket.write('GET /api/v1/events?since=0 HTTP/1.1\r\nHost: a\r\n\r\n')
      return socket
    }))
    const before = megabytes(host.pid)
    // A failure of some kilobytes, many times.
    const text = 'x'.repeat(3000)
    for (let n = 0; n < 60; n += 1) {
      for (let file = 0; file < 10; file += 1) host.save(`r_loud${file}`, `raise ValueError("${n} ${text}")\n`)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    expect(megabytes(host.pid) - before).toBeLessThan(60)
    expect(await host.ask('r_first')).toBe('{"results":"first"}')
    for (const socket of sockets) socket.destroy()
    for (let file = 0; file < 10; file += 1) host.remove(`r_loud${file}`)
  }, 60_000)

  it('a host that ends ends its streams, and does not wait for who listens', async ({ expect }) => {
    await using other = await ReloadServer.start({ config: { server: { graceSeconds: 60 } } })
    using stream = await listenToEvents(other.url('/api/v1/events'))
    const began = performance.now()
    process.kill(other.pid, 'SIGTERM')
    await stream.ended
    expect(await other.server.exited).toBe(0)
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

function megabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
