import { it } from 'vitest'
import { exchange, get } from '../../support/raw_http.ts'
import { startStub } from './stub_host.ts'

it("a route of the host's own has Fastify's ways, the request's id and one line in the log", async ({ expect }) => {
  await using host = await startStub({ beyond: (app) => { app.get('/api/v1/things/:name', (request) => request.params) } })
  const { answer, kept } = await exchange(host.port, get('/api/v1/things/a%20b?c'))
  expect(answer?.body.toString()).toBe('{"name":"a b"}')
  expect(kept).toBe(true)
  const lines = host.lines.filter(({ url }) => url === '/api/v1/things/a%20b?c')
  expect(lines).toMatchObject([{ reqId: answer?.headers['x-request-id'], status: 200 }])
})

it('a bug in one is a problem document, and logged', async ({ expect }) => {
  await using host = await startStub({ beyond: (app) => { app.get('/api/v1/broken', () => { throw new Error('no such thing') }) } })
  const { answer } = await exchange(host.port, get('/api/v1/broken'))
  expect([answer?.status, answer?.headers['content-type']]).toEqual([500, 'application/problem+json; charset=utf-8'])
  expect(host.lines.map(({ msg }) => msg)).toContain('a route failed')
})

it('elsewhere under /api/ there is nothing', async ({ expect }) => {
  await using host = await startStub()
  expect((await exchange(host.port, get('/api/v1/nothing'))).answer?.status).toBe(404)
})
