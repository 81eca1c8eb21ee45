import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { it } from 'vitest'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

it('a module reaches nothing by the network, the host among it, and is told at once', async ({ expect }) => {
  await using host = await startStrict(['tries', 'asks'])
  const surroundings = new Surroundings(host)
  let connections = 0
  const server = createServer(() => (connections += 1)).listen(0, '0.0.0.0')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    expect(await tried(host, [
      ['connect', '127.0.0.1', port], ['connect', '127.0.0.1', host.server.port], ['connect', '198.51.100.1', 80], ['connect', '169.254.169.254', 80],
      ['send', '198.51.100.1', 53], ['send', '224.0.0.1', 53],
    ])).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ENETUNREACH', 'ENETUNREACH', 'ENETUNREACH', 'ENETUNREACH'])
    expect((await tried(host, [['resolve', 'example.com']]))[0]).toMatch(/gaierror|name resolution|EAI|-3/i)
    const { body } = await host.ask('asks', { url: `http://127.0.0.1:${port}/`, name: 'example.com' })
    expect(JSON.parse(body)).toEqual({ results: { fetch: expect.stringMatching(/no network/), dns: expect.stringMatching(/no network/) } })
    expect(connections).toBe(0)
  } finally {
    server.close()
  }
  await surroundings.expectAsBefore()
}, 60_000)
