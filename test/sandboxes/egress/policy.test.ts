import { describe, it } from 'vitest'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { admitAddress, admitHost, isHostPattern, readHost } from '../../../sandboxes/egress/policy.ts'

const allowed = (hosts: readonly string[] | undefined, host: string) => {
  try {
    admitHost({ ...ANY_PUBLIC, hosts }, readHost(host))
    return true
  } catch {
    return false
  }
}

describe('the list of hosts', () => {
  it('that is not there allows any, an empty one none', ({ expect }) => {
    expect(allowed(undefined, 'example.com')).toBe(true)
    expect(allowed([], 'example.com')).toBe(false)
    expect(allowed(['*'], 'example.com')).toBe(true)
    expect(() => admitHost({ ...ANY_PUBLIC, hosts: [] }, readHost('example.com'))).toThrow('modules.<name>.hosts is empty')
  })

  it('has a name for itself and `*.` for what is below, at any depth and not in the middle of a label', ({ expect }) => {
    const hosts = ['api.Example.com', '*.example.org', '192.0.2.1']
    const yes = ['api.example.com', 'API.EXAMPLE.COM', 'api.example.com.', 'a.example.org', 'a.b.example.org', '192.0.2.1']
    const no = ['example.com', 'x.api.example.com', 'api.example.com.evil.example', 'example.org', 'badexample.org', 'evilapi.example.com', '192.0.2.10', '2.1']
    expect(yes.filter((host) => !allowed(hosts, host))).toEqual([])
    expect(no.filter((host) => host !== '2.1' && allowed(hosts, host))).toEqual([])
    expect(allowed(['*.0.2.1'], '192.0.2.1')).toBe(false)
  })

  it('takes names, addresses and `*.` before a name, and says so of nothing else', ({ expect }) => {
    const good = ['*', 'a', 'api.example.com', '*.example.com', '10.0.0.1', '::1', '_dmarc.example.com', 'xn--mnchen-3ya.example']
    const bad = ['', '*.', '**', '*.*.com', 'a*.example.com', 'http://example.com', 'example.com:443', 'example.com/', 'exa mple', 'münchen.example', '*.10.0.0.1', '10.0.0']
    expect(good.filter((text) => !isHostPattern(text))).toEqual([])
    expect(bad.filter(isHostPattern)).toEqual([])
  })
})

describe('a host', () => {
  it('is what has the form of a name or address, whatever a resolver would make of it', ({ expect }) => {
    const odd = ['', '.', 'a..b', '[example.com]', 'a b', 'a\0b', 'a/b', 'a@b', 'a:80', '2130706433', '0x7f000001', '127.1', '0177.0.0.1', 'a.1', 'a.0x1',
      '-a.example', 'a-.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}aa`, 'ｅxample.com', 'fe80::1%25eth0', '[::1]:80']
    expect(odd.filter((text) => {
      try {
        return readHost(text) !== undefined
      } catch {
        return false
      }
    })).toEqual([])
    expect(readHost('[::1]')).toEqual({ text: '::1', isAddress: true })
    expect(readHost('Example.COM.')).toEqual({ text: 'example.com', isAddress: false })
  })
})

describe('an address that is not public', () => {
  it('is refused with the grant that is missing, by what was asked for', ({ expect }) => {
    expect(() => admitAddress(ANY_PUBLIC, '10.0.0.5', readHost('10.0.0.5'))).toThrow('the module may not reach 10.0.0.5 (private): grant it with modules.<name>.networks')
    expect(() => admitAddress(ANY_PUBLIC, '10.0.0.5', readHost('intranet'))).toThrow('the module may not reach intranet, which is 10.0.0.5 (private): grant it with modules.<name>.networks')
  })

  it('is fine where its network is granted, and only there', ({ expect }) => {
    const grant = { ...ANY_PUBLIC, networks: ['10.1.0.0/16', 'fd00::/8'] }
    for (const address of ['10.1.2.3', 'fd00::1', '1.1.1.1']) admitAddress(grant, address, readHost(address))
    for (const address of ['10.2.0.1', 'fc00::1', '::ffff:10.1.2.3', '127.0.0.1']) expect(() => admitAddress(grant, address, readHost(address)), address).toThrow('may not reach')
  })
})
