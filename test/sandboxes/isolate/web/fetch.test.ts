import { describe, it } from 'vitest'
import { LOOPBACK } from '../../egress/grants.ts'
import { eventually } from '../../../support/processes.ts'
import { serve } from '../../egress/servers.ts'
import { useGuest } from './guest.ts'

const guest = useGuest()

describe('Headers, Request and Response in an isolate', () => {
  it('are those of Node', async ({ expect }) => {
    const { there, here } = await guest.both(async () => {
      const headers = new Headers({ 'B': ' 2 ', 'a': '1' })
      headers.append('A', '3')
      headers.append('set-cookie', 'x')
      headers.append('Set-Cookie', 'y')
      headers.delete('b')
      headers.set('C', 'é')
      const seen: unknown[] = []
      headers.forEach((value, name) => seen.push([name, value]))
      const refused = ['a b', '', 'ä'].map((name) => {
        try {
          headers.set(name, 'x')
          return 'taken'
        } catch (error) {
          return (error as Error).name
        }
      })
      const response = new Response('ä', { status: 404, statusText: 'No', headers: [['x', 'y']] })
      const copy = response.clone()
      const request = new Request('http://a.example/x#y', { method: 'post', body: new URLSearchParams({ a: 'ü' }), headers })
      const again = new Request(request, { headers: { z: '1' } })
      const get = (() => {
        try {
          return new Request('http://a', JSON.parse('{"body": "x"}') as RequestInit)
        } catch (error) {
          return (error as Error).name
        }
      })()
      return [
        [...headers], seen, [...headers.keys()], [...headers.values()], headers.get('a'), headers.get('nope'), headers.has('C'), headers.getSetCookie(), refused,
        response.ok, response.status, response.statusText, [...response.headers], await response.text(), response.bodyUsed, await response.text().catch((error: Error) => error.name),
        Array.from(new Uint8Array(await copy.arrayBuffer())), await Response.json({ a: 1 }).json(), await new Response(null).text(), await new Response(Uint8Array.of(255)).text(),
        request.method, request.url, request.headers.get('content-type'), again.headers.get('z'), again.headers.get('a'), await again.text(), get, await new Response('{').json().catch((error: Error) => error.name),
      ]
    }, null)
    expect(there).toEqual(here)
  })
})

describe('fetch in an isolate', () => {
  it('sends every kind of body and reads every kind of answer', async ({ expect }) => {
    await using server = await serve(async (request, response) => {
      const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>)
      response.writeHead(200, { 'X-Seen': `${request.method} ${request.headers['content-type']}` }).end(Buffer.concat(chunks))
    })
    const value = await guest.run(`
      const send = async (body, read, more = {}) => { const response = await fetch('${server.url}/', { method: 'POST', body, ...more }); return [response.headers.get('x-seen'), await read(response)] }
      return [
        await send('ä', (response) => response.text()),
        await send(new URLSearchParams({ a: 'ü b' }), (response) => response.text()),
        await send(Uint8Array.of(0, 255, 128), async (response) => Array.from(await response.bytes())),
        await send(Uint8Array.of(1, 2).buffer, async (response) => Array.from(new Uint8Array(await response.arrayBuffer()))),
        await send('{"a": "é"}', (response) => response.json(), { headers: { 'Content-Type': 'application/json' }, method: 'put' }),
        await fetch(new Request(new URL('${server.url}/'))).then(async (response) => [response.ok, response.status, response.url, response.redirected, response.statusText, await response.clone().text(), await response.text()]),
      ]
    `, { grant: LOOPBACK })
    expect(value).toEqual([
      ['POST text/plain;charset=UTF-8', 'ä'], ['POST application/x-www-form-urlencoded;charset=UTF-8', 'a=%C3%BC+b'], ['POST undefined', [0, 255, 128]], ['POST undefined', [1, 2]],
      ['PUT application/json', { a: 'é' }], [true, 200, `${server.url}/`, false, 'OK', '', ''],
    ])
  })

  it('obeys the policy of the host: what is not granted is a TypeError that says why', async ({ expect }) => {
    await using server = await serve((_request, response) => response.end('reached'))
    const text = `return await fetch('${server.url}').catch((error) => [error instanceof TypeError, error.code, error.message])`
    expect(await guest.run(text)).toEqual([true, 'denied', 'the module may not reach 127.0.0.1 (loopback): grant it with modules.<name>.networks'])
    expect(await guest.run(text, { grant: { ...LOOPBACK, hosts: ['example.org'] } })).toEqual([true, 'denied', 'the module may not reach 127.0.0.1: it is not in modules.<name>.hosts (example.org)'])
    expect(server.connections()).toBe(0)
  })

  it('is called off by its own signal and by that of the query, and the host stops as well', async ({ expect }) => {
    const closed: (string | undefined)[] = []
    const came = { own: Promise.withResolvers<void>(), query: Promise.withResolvers<void>() }
    await using server = await serve((request, response) => {
      const [, name = '', isThere] = request.url?.split('/') ?? []
      if (name !== 'own' && name !== 'query') return
      if (isThere !== undefined) return void came[name].promise.then(() => response.end())
      came[name].resolve()
      request.once('close', () => closed.push(name))
    })
    const value = await guest.run(`
      const [own, ended] = [new AbortController(), new AbortController()]
      const early = await fetch('${server.url}/early', { signal: AbortSignal.abort('no') }).catch((error) => error)
      const late = await fetch('${server.url}/late', { signal: AbortSignal.timeout(20) }).catch((error) => error.name)
      const calledOff = async (name, asked, controller) => {
        await fetch('${server.url}/' + name + '/is there')
        controller.abort()
        return await asked.catch((error) => error.name)
      }
      return [
        early, late,
        await calledOff('own', fetch('${server.url}/own', { signal: own.signal }), own),
        await calledOff('query', makeFetch(ended.signal)('${server.url}/query'), ended),
      ]
    `, { grant: LOOPBACK })
    expect(value).toEqual(['no', 'TimeoutError', 'AbortError', 'AbortError'])
    await eventually(() => expect(closed).toEqual(['own', 'query']))
  })

  it('refuses what the standard refuses', async ({ expect }) => {
    expect(await guest.run(`
      const attempts = [['nowhere'], ['http://a:b@c/'], ['http://a', { method: 'GET', body: 'x' }], ['http://a', { method: 'CONNECT' }], ['http://a', { headers: { 'a b': 'c' } }], ['http://a', { redirect: 'x' }], ['http://a', { signal: {} }], ['file:///etc/passwd']]
      return await Promise.all(attempts.map(([url, init]) => fetch(url, init).then(() => 'taken', (error) => error.name)))
    `)).toEqual(Array.from({ length: 8 }, () => 'TypeError'))
  })

  it('brings back a body of many bytes as it is', async ({ expect }) => {
    const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 7 + (at >> 8)) & 255))
    await using server = await serve((_request, response) => response.end(bytes))
    const sum = (values: Uint8Array) => values.reduce((all, value) => (all * 31 + value) % 1_000_003, 0)
    expect(await guest.run(`return (await (await fetch('${server.url}')).bytes()).reduce((all, value) => (all * 31 + value) % 1_000_003, 0)`, { grant: LOOPBACK })).toBe(sum(bytes))
  })
})

describe('a module that changes what it was given', () => {
  it('hurts nobody but itself', async ({ expect }) => {
    await using server = await serve((_request, response) => response.end('fine'))
    const hostile = `
      for (const prototype of [Object.prototype, Array.prototype, String.prototype, Map.prototype, Promise.prototype]) for (const name of Object.getOwnPropertyNames(prototype)) {
        if (name !== 'constructor' && name !== 'then') try { prototype[name] = () => { throw new Error('mine') } } catch {}
      }
      Object.prototype.reference = true; Object.prototype.ok = { url: 'x' }
      fetch('${server.url}').catch(() => {})
      return 1`
    await guest.run(hostile, { grant: LOOPBACK }).catch(() => {})
    expect(await guest.run(`return await (await fetch('${server.url}')).text()`, { grant: LOOPBACK })).toBe('fine')
  })
})
