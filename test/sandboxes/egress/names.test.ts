import { describe, it } from 'vitest'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { egressTools } from '../../../sandboxes/egress/tools.ts'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { a, aaaa, nameServer, type RecordData } from './name_server.ts'
import { serve } from './servers.ts'

describe('a name', () => {
  it.for([
    ['private', [a('10.0.0.5')], '10.0.0.5 (private)'],
    ['of a metadata service', [a('169.254.169.254')], '169.254.169.254 (metadata)'],
    ['of a metadata service over IPv6', [aaaa('fd00:ec2:0:0:0:0:0:254')], 'fd00:ec2::254 (metadata)'],
    ['mapped', [aaaa('0:0:0:0:0:ffff:7f00:1')], '::ffff:127.0.0.1 (IPv4-mapped)'],
    ['compatible', [aaaa('0:0:0:0:0:0:7f00:1')], '::127.0.0.1 (IPv4-compatible)'],
    ['of NAT64', [aaaa('64:ff9b:0:0:0:0:7f00:1')], '(NAT64)'],
    ['of 6to4', [aaaa('2002:7f00:1:0:0:0:0:0')], '(6to4)'],
    ['public and private at once', [a('93.184.216.34'), a('127.0.0.1')], '127.0.0.1 (loopback)'],
    ['private after a public one of the other family', [a('93.184.216.34'), aaaa('fe80:0:0:0:0:0:0:1')], '(link-local)'],
  ] as const satisfies readonly [string, readonly RecordData[], string][])('that is %s is not reached, and nothing is dialled', async ([_what, records, said], { expect }) => {
    await using names = await nameServer(() => records)
    const tools = egressTools(ANY_PUBLIC, [names.address])
    const failure = await failureOf(ask(ANY_PUBLIC, 'http://trap.example/', { tools }))
    expect(failure).toMatch(/^denied: the module may not reach trap\.example, which is .*: grant it with modules\.<name>\.networks$/)
    expect(failure).toContain(said)
  })

  it('is looked up once: one that leads elsewhere a moment later changes nothing', async ({ expect }) => {
    await using server = await serve((_request, response) => response.end('vetted'))
    let asked = 0
    // First what may be reached, from then on what may not.
    await using names = await nameServer(() => [a((asked += 1) <= 2 ? '127.0.0.1' : '127.0.0.2')])
    const grant = { ...ANY_PUBLIC, networks: ['127.0.0.1/32'] }
    const tools = egressTools(grant, [names.address])
    const { body, url } = await ask(grant, `http://rebind.example:${server.port}/`, { tools })
    expect([body, url]).toEqual(['vetted', `http://rebind.example:${server.port}/`])
    expect(names.asked.toSorted()).toEqual(['rebind.example A', 'rebind.example AAAA'])
    expect(await failureOf(ask(grant, `http://rebind.example:${server.port}/`, { tools }))).toContain('127.0.0.2 (loopback)')
    expect(server.connections()).toBe(1)
  })

  it('is reached at the next address where the first one does not take the connection', async ({ expect }) => {
    await using server = await serve((request, response) => response.end(request.headers.host))
    await using names = await nameServer(() => [a('127.0.0.9'), a('127.0.0.1'), a('127.0.0.8')])
    const tools = egressTools(LOOPBACK, [names.address])
    expect((await ask(LOOPBACK, `http://several.example:${server.port}/`, { tools })).body).toBe(`several.example:${server.port}`)
  })

  it('that is not there, or that nobody knows of in time, says so', async ({ expect }) => {
    await using names = await nameServer((name) => (name === 'gone.example' ? undefined : name === 'empty.example' ? [] : 'silent'))
    const tools = egressTools(ANY_PUBLIC, [names.address])
    expect(await failureOf(ask(ANY_PUBLIC, 'http://gone.example/', { tools }))).toMatch(/^unreachable: the host has no address/)
    expect(await failureOf(ask(ANY_PUBLIC, 'http://empty.example/', { tools }))).toMatch(/^unreachable: .*has no address/)
    expect(await failureOf(ask({ ...ANY_PUBLIC, connectMs: 100 }, 'http://silent.example/', { tools }))).toBe('timeout: no connection to silent.example port 80 within 0.1 s')
  })

  it('that is not in the list is not even looked up', async ({ expect }) => {
    await using names = await nameServer(() => [a('127.0.0.1')])
    const grant = { ...LOOPBACK, hosts: ['*.good.example'] }
    const tools = egressTools(grant, [names.address])
    expect(await failureOf(ask(grant, 'http://evil.example/', { tools }))).toBe('denied: the module may not reach evil.example: it is not in modules.<name>.hosts (*.good.example)')
    expect(names.asked).toEqual([])
  })
})
