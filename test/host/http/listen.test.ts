import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { it } from 'vitest'
import { listen } from '../../../host/http/listen.ts'
import type { Handle } from '../../../host/http/pieces.ts'
import { get, open } from '../../support/raw_http.ts'

const log = pino({ level: 'silent' })
const handle: Handle = (_req, res) => { res.end('here') }

it.for([['localhost', ['127.0.0.1', '::1']], ['127.0.0.1', ['127.0.0.1']], ['', ['127.0.0.1', '::1']], ['::1', ['::1']]] as const)(
  "'%s' is served at %s, at one random port", async ([name, hosts], { expect }) => {
    const { port, close } = await listen({ name, port: 0, handle, log })
    for (const host of hosts) {
      using wire = await open(port, host)
      wire.write(get('/'))
      expect((await wire.read())?.status).toBe(200)
    }
    await close(0)
  })

it('a port in use, an address of another machine and an unknown name are told apart', async ({ expect }) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(listen({ name: '127.0.0.1', port, handle, log })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  await expect(listen({ name: '192.0.2.1', port: 0, handle, log })).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
  await expect(listen({ name: 'no-such-name.invalid', port: 0, handle, log })).rejects.toMatchObject({ code: 'NAME_UNKNOWN' })
  other.close()
})

it('closing lets a request that is under way end, and refuses new connections', async ({ expect }) => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { port, close } = await listen({
    name: '127.0.0.1', port: 0, log, handle: (_req, res) => { arrived.resolve(); void release.promise.then(() => res.end('late')) },
  })
  using wire = await open(port)
  wire.write(get('/'))
  await arrived.promise
  const closed = close(60_000)
  await expect(open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  release.resolve()
  expect((await wire.read())?.status).toBe(200)
  await closed
})

it('closing cuts what does not end within the grace', async ({ expect }) => {
  const arrived = Promise.withResolvers<void>()
  const { port, close } = await listen({ name: '127.0.0.1', port: 0, log, handle: () => arrived.resolve() })
  using wire = await open(port)
  wire.write(get('/'))
  await arrived.promise
  await close(10)
  expect(await wire.read()).toBeUndefined()
})
