import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { it } from 'vitest'
import { EventClients } from '../../../../host/http/api/event_clients.ts'

const BEHIND_BYTES = 100_000

it('a client that does not read is dropped when it is behind by too much, and one that reads is not', async ({ expect }) => {
  const clients = new EventClients({ most: 2, behindBytes: BEHIND_BYTES, beatMs: 60_000 })
  const answers: ServerResponse[] = []
  const server = createServer((_req, res) => {
    res.writeHead(200)
    answers.push(res)
    clients.add(res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [reads, sleeps] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  for (const [at, socket] of [reads, sleeps].entries()) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBe(at + 1)
  }
  reads.resume()
  sleeps.pause()
  expect(clients.full).toBe(true)
  let most = 0
  for (let told = 0; told < 4000 && !answers[1]!.destroyed; told += 1) {
    clients.tell(() => 'x'.repeat(20_000))
    most = Math.max(most, answers[1]!.writableLength)
    // Whoever reads has the time for it.
    while (answers[0]!.writableLength > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect([answers[0]!.destroyed, answers[1]!.destroyed]).toEqual([false, true])
  expect(most).toBeLessThan(BEHIND_BYTES + 30_000)
  await expect.poll(() => clients.full, { timeout: 20_000 }).toBe(false)
  clients.end()
  for (const socket of [reads, sleeps]) socket.destroy()
  server.close()
}, 60_000)

it('a client that has read nothing from one beat to the next is dropped', async ({ expect }) => {
  const clients = new EventClients({ most: 1, behindBytes: 1 << 30, beatMs: 50 })
  let answer: ServerResponse | undefined
  const server = createServer((_req, res) => {
    res.writeHead(200)
    clients.add(answer = res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => answer !== undefined, { timeout: 20_000 }).toBe(true)
  while (answer!.writableLength === 0) {
    clients.tell(() => 'x'.repeat(1 << 20))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => answer!.destroyed, { timeout: 20_000 }).toBe(true)
  socket.destroy()
  server.close()
}, 60_000)

it('a client whose key went while its request was on its way is told nothing, and its answer ends', async ({ expect }) => {
  const clients = new EventClients({ most: 2, behindBytes: BEHIND_BYTES, beatMs: 60_000 })
  const server = createServer((_req, res) => {
    res.writeHead(200)
    clients.add(res, AbortSignal.abort())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })
  expect(await answer.text()).toBe('')
  server.close()
})
