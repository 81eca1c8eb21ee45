import { describe, it } from 'vitest'
import { egressTools } from '../../../sandboxes/egress/tools.ts'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { a, nameServer } from './name_server.ts'
import { serve } from './servers.ts'

/** Redirects to what stands in the query, with its status, and else says what it got. */
const redirector = () => serve(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://a')
  const to = searchParams.get('to')
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
  if (to !== null) return response.writeHead(Number(searchParams.get('status') ?? 302), { location: to }).end()
  const { authorization, cookie, 'content-type': type, 'x-own': own } = request.headers
  return response.end(JSON.stringify({ method: request.method, authorization, cookie, type, own, body }))
})

describe('a redirect', () => {
  it.for([
    [301, 'POST', 'GET'], [302, 'POST', 'GET'], [303, 'POST', 'GET'], [303, 'PUT', 'GET'], [301, 'PUT', 'PUT'], [307, 'POST', 'POST'], [308, 'POST', 'POST'], [303, 'HEAD', 'HEAD'],
  ] as const)('%i of a %s becomes a %s, with the body where the method stays', async ([status, method, then], { expect }) => {
    await using server = await redirector()
    const answer = await ask(LOOPBACK, `${server.url}/?status=${status}&to=/there`, { method, headers: [['content-type', 'text/x'], ['x-own', '1']], ...(method === 'HEAD' ? {} : { body: 'x' }) })
    expect(answer).toMatchObject({ url: `${server.url}/there`, status: 200, redirected: true })
    if (method !== 'HEAD') expect(JSON.parse(answer.body)).toEqual({ method: then, own: '1', body: then === method ? 'x' : '', ...(then === method ? { type: 'text/x' } : {}) })
  })

  it('keeps credentials within an origin and takes them from nobody else', async ({ expect }) => {
    await using server = await redirector()
    await using other = await redirector()
    const headers = [['Authorization', 'secret'], ['Cookie', 'c=1'], ['X-Own', '1']] as const
    const same = await ask(LOOPBACK, `${server.url}/?to=/there`, { headers })
    const elsewhere = await ask(LOOPBACK, `${server.url}/?to=${other.url}/there`, { headers })
    expect(JSON.parse(same.body)).toMatchObject({ authorization: 'secret', cookie: 'c=1', own: '1' })
    expect(JSON.parse(elsewhere.body)).toEqual({ method: 'GET', own: '1', body: '' })
  })

  it('has the headers that the operator adds for a host only on the way to that host', async ({ expect }) => {
    await using names = await nameServer((name) => (name.endsWith('.test') ? [a('127.0.0.1')] : undefined))
    await using server = await redirector()
    const grant = { ...LOOPBACK, headers: [{ host: 'first.test', name: 'X-Own', value: 'of the operator' }] }
    const tools = egressTools(grant, [names.address])
    const at = (host: string, to = '') => `http://${host}:${server.port}/${to && `?to=${encodeURIComponent(to)}`}`
    const own = async (url: string) => (JSON.parse((await ask(grant, url, { tools, headers: [['x-own', 'of the module']] })).body) as { own?: string }).own
    expect(await own(at('first.test'))).toBe('of the operator')
    expect(await own(at('first.test', at('second.test')))).toBe('of the module')
    expect(await own(at('second.test', at('first.test')))).toBe('of the operator')
  })

  it.for([
    ['http://10.0.0.5/', 'denied: the module may not reach 10.0.0.5 (private)'],
    ['http://169.254.169.254/latest/', 'denied: the module may not reach 169.254.169.254 (metadata)'],
    ['http://trap.example/', 'denied: the module may not reach trap.example, which is 10.0.0.5 (private)'],
    ['http://[::ffff:127.0.0.1]/', 'denied: the module may not reach ::ffff:7f00:1 (IPv4-mapped)'],
    ['file:///etc/passwd', 'unreachable: '],
    ['http://a:b@127.0.0.1/', 'unreachable: '],
  ] as const)('to %s is checked as the first request is', async ([to, said], { expect }) => {
    await using server = await redirector()
    await using names = await nameServer((name) => [a(name === 'trap.example' ? '10.0.0.5' : '127.0.0.1')])
    const tools = egressTools(LOOPBACK, [names.address])
    expect(await failureOf(ask(LOOPBACK, `http://fine.example:${server.port}/?to=${encodeURIComponent(to)}`, { tools }))).toContain(said)
  })

  it('to a host that is not in the list is refused', async ({ expect }) => {
    await using server = await redirector()
    const grant = { ...LOOPBACK, hosts: ['127.0.0.1'] }
    expect(await failureOf(ask(grant, `${server.url}/?to=http://localhost:${server.port}/`))).toMatch(/^denied: the module may not reach localhost: it is not in/)
  })

  it('is followed ten times, an error or left as it is where the request says so', async ({ expect }) => {
    await using endless = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end())
    expect(await failureOf(ask(LOOPBACK, endless.url))).toContain('unreachable: more than 10 redirects')
    expect(endless.connections()).toBe(11)
    expect(await failureOf(ask(LOOPBACK, endless.url, { redirect: 'error' }))).toContain('the request has redirect: error')
    const manual = await ask(LOOPBACK, endless.url, { redirect: 'manual' })
    expect(manual).toMatchObject({ status: 302, redirected: false })
    expect(Object.fromEntries(manual.headers)['location']).toBe('/again')
  })
})
