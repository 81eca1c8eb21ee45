import { describe, it } from 'vitest'
import type { EgressGrant } from '../../../sandboxes/contract.ts'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { resolveOver } from '../../../sandboxes/egress/resolve.ts'
import { egressTools } from '../../../sandboxes/egress/tools.ts'
import { failureOf } from './grants.ts'
import { a, aaaa, mx, named, nameServer, type NameServer, soa, txt } from './name_server.ts'

const ZONE = (name: string) => ({
  'all.example': [a('192.0.2.1'), a('10.0.0.1'), aaaa('2001:db8:0:0:0:0:0:1'), mx(10, 'mail.all.example'), named('NS', 'ns.all.example'), txt('v=spf1', ' -all'), named('CNAME', 'other.example'), soa('ns.all.example', 'root.all.example', [1, 2, 3, 4, 5])],
  '8.8.8.8.in-addr.arpa': [named('PTR', 'dns.example')],
  [`1.${'0.'.repeat(27)}6.0.6.2.ip6.arpa`]: [named('PTR', 'six.example')],
  '5.0.0.10.in-addr.arpa': [named('PTR', 'private.example')],
})[name] ?? (name === 'silent.example' ? 'silent' : undefined)

const resolve = (names: NameServer, name: string, type: string, grant: EgressGrant = ANY_PUBLIC, signal = new AbortController().signal) =>
  resolveOver(grant, name, type, signal, egressTools(grant, [names.address]))

describe('dns', () => {
  it('answers in the shapes of Node, whatever the answer leads to', async ({ expect }) => {
    await using names = await nameServer(ZONE)
    const answers = await Promise.all(['A', 'AAAA', 'MX', 'NS', 'TXT', 'CNAME', 'SOA'].map(async (type) => [type, await resolve(names, 'All.Example.', type)]))
    expect(Object.fromEntries(answers)).toMatchObject({
      A: ['192.0.2.1', '10.0.0.1'], AAAA: ['2001:db8::1'], MX: [{ priority: 10, exchange: 'mail.all.example' }], NS: ['ns.all.example'], TXT: [['v=spf1', ' -all']], CNAME: ['other.example'],
      SOA: { nsname: 'ns.all.example', hostmaster: 'root.all.example', serial: 1, refresh: 2, retry: 3, expire: 4, minttl: 5 },
    })
  })

  it('takes an address for PTR, or the name that is made of it', async ({ expect }) => {
    await using names = await nameServer(ZONE)
    for (const name of ['8.8.8.8', '8.8.8.8.in-addr.arpa']) expect(await resolve(names, name, 'PTR')).toEqual(['dns.example'])
    expect(await resolve(names, '2606::1', 'PTR')).toEqual(['six.example'])
  })

  it('asks nothing about addresses that are not public, unless their network is granted', async ({ expect }) => {
    await using names = await nameServer(ZONE)
    for (const name of ['10.0.0.5', '5.0.0.10.in-addr.arpa']) expect(await failureOf(resolve(names, name, 'PTR'))).toBe('denied: the module may not reach 10.0.0.5 (private): grant it with modules.<name>.networks')
    expect(names.asked).toEqual([])
    expect(await resolve(names, '10.0.0.5', 'PTR', { ...ANY_PUBLIC, networks: ['10.0.0.0/8'] })).toEqual(['private.example'])
  })

  it('asks only for names in the list, where there is one', async ({ expect }) => {
    await using names = await nameServer(ZONE)
    const only = (...hosts: string[]) => ({ ...ANY_PUBLIC, hosts })
    expect(await failureOf(resolve(names, 'evil.example', 'A', only('all.example')))).toMatch(/^denied: /)
    expect(await failureOf(resolve(names, '8.8.8.8', 'PTR', only('all.example')))).toMatch(/^denied: /)
    expect(await failureOf(resolve(names, 'all.example', 'A', only()))).toMatch(/^denied: /)
    expect(names.asked).toEqual([])
    expect(await resolve(names, 'all.example', 'NS', only('all.example'))).toEqual(['ns.all.example'])
    for (const host of ['8.8.8.8', '*.in-addr.arpa']) expect(await resolve(names, '8.8.8.8', 'PTR', only(host))).toEqual(['dns.example'])
  })

  it('says that there is no such name or record, or that nobody answers', async ({ expect }) => {
    await using names = await nameServer(ZONE)
    expect(await failureOf(resolve(names, 'gone.example', 'A'))).toBe('unreachable: A of gone.example: there is no such name (ENOTFOUND)')
    expect(await failureOf(resolve(names, '8.8.8.8.in-addr.arpa', 'MX'))).toBe('unreachable: MX of 8.8.8.8.in-addr.arpa: the name has no such record (ENODATA)')
    expect(await failureOf(resolve(names, 'silent.example', 'A', { ...ANY_PUBLIC, connectMs: 100 }))).toMatch(/^timeout: |ETIMEOUT/)
    expect(await failureOf(resolve(names, 'silent.example', 'A', ANY_PUBLIC, AbortSignal.timeout(20)))).toBe('aborted: the question was called off')
  })

  it.for([['all.example', 'ANY'], ['all.example', 'toString'], ['10.0.0.5', 'A'], ['a b', 'A'], ['', 'A'], ['http://a', 'A'], ['0x7f000001', 'PTR']] as const)('does not ask for %s %s', async ([name, type], { expect }) => {
    await using names = await nameServer(ZONE)
    expect(await failureOf(resolve(names, name, type))).toMatch(/^bad_request: /)
    expect(names.asked).toEqual([])
  })
})
