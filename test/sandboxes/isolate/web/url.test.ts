import { describe, it } from 'vitest'
import { useGuest } from './guest.ts'

const guest = useGuest()

const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const

const INPUTS = [
  'http://example.com', 'HTTP://EXAMPLE.com:80/a/../b/./c?d=e#f', 'https://user:p%40ss@example.com:8443/', 'https://example.com:443', 'http://example.com:0/', 'http://example.com:65536/',
  'http://127.1', 'http://0x7f.0.0.1', 'http://0177.0.0.01/', 'http://2130706433/', 'http://256.1.1.1', 'http://1.2.3.4.5/', 'http://1.2.3.08', 'http://a.1', 'http://[::1]:80/', 'http://[::ffff:127.0.0.1]',
  'http://[1:2::3:4]', 'http://[::1%25eth0]/', 'http://[g::1]', 'http://１２７。０。０。１/', 'http://münchen.de', 'http://MÜNCHEN.de/ä?ö#ü', 'http://faß.de', 'http://xn--mnchen-3ya.de', 'http://xn--/', 'http://xn--a',
  'http://日本語。ＪＰ', 'http://Σίσυφος.gr', 'http://ex\u00adample.com', 'http://a\u200db.com', 'http://☃.net/', 'http://💩.la/', 'http://\ufffd.com', 'http://%', 'http://%41bc.com', 'http://a%00b', 'http://a b', 'http://a<b',
  'http:example.com', 'http:///example.com', 'http:/\\example.com\\path', '//example.com', '/path', '', ' ', '  http://example.com  ', 'ht\ntp://exam\tple.com/', 'javascript:alert(1)', 'mailto:a@b.c', 'data:text/plain,hi #x', 'file:///C|/a/../..', 'file:c:/x', 'file://localhost/x',
  'blob:https://example.com/x', 'about:blank', 'foo://bar/baz?q#h', 'foo:bar:baz', 'foo:///a/../b', 'http://user@', 'http://@example.com', 'http://a:b@c:d@example.com', 'http://example.com?x y&z="\'<>`', 'http://example.com/%7Efoo/%2e%2E/x', 'http://example.com/{}|\\^`"', 'http://example.com/\ud800', 'http://ab.c..d/', 'http://.', 'http://a..', `http://${'a'.repeat(64)}.com`, 'http://_a.example', 'http://a_b.example', 'ws://x:80', 'wss://x:443', 'ftp://x:21/;type=a', 'http://example.com:', 'http://example.com:8a', 'http://[::]', 'http://[0:0:0:0:0:0:0:0]', 'http://0', 'http://0x', 'http://4294967296', 'http://1e2',
  ...['xn--a.ü', 'xn--mnchen-3ya.ü', 'xn--.ü', 'XN--A.com', 'xn--ls8h.la', 'א0.com', 'א.a', 'ǅ.com', 'ß.ẞ', 'a\u200c.com', 'क्\u200dष.com', '\u0378.com', '⒈.com', '≠.com', '℡.com', 'ﬀ.com',
    '⅓.com', 'a⁄b.com', '⿰.com', '↑.com', '\ue000.com', '\u0300.com', 'a\u2028.com', '🏳️\u200d🌈.com', '1️⃣.com', 'İ.com', 'ſ.com', '\u212a.com', '゠.com'].map((host) => `http://${host}/`),
]

const RELATIVE = ['', '?q', '#h', 'x', './x', '../x', '/x', '//y.example/x', 'https:x', 'http:x', '\\x', '../../../../x', 'x/../y', '..', '.', '%2e%2e/x', 'http://b', 'a:b', '?a#b', ' x ', ';x']

const SEARCHES = ['', '?', 'a=b&a=c', '?a=1&b', 'a+b=c%20d&%zz=%', '=x&&y=', 'ä=ö&💩=1', 'a=b=c', 'a=%C3%28', '\ud800=1']

describe('URL in an isolate', () => {
  it('reads what Node reads, part by part, and refuses what Node refuses', async ({ expect }) => {
    const { there, here } = await guest.both(({ inputs, parts }) => inputs.map((input) => {
      try {
        const url = new URL(input)
        return [input, ...parts.map((part) => url[part])]
      } catch (error) {
        return [input, (error as Error).name]
      }
    }), { inputs: INPUTS, parts: PARTS })
    expect(there).toEqual(here)
  })

  it('resolves against a base as Node does', async ({ expect }) => {
    const bases = ['http://a.example/b/c/d;p?q#r', 'file:///a/b', 'mailto:x@y', 'foo://h/a/b']
    const cases = bases.flatMap((base) => RELATIVE.map((input) => [input, base] as const))
    const { there, here } = await guest.both((each) => each.map(([input, base]) => [input, base, URL.parse(input, base)?.href]), cases)
    expect(there).toEqual(here)
  })

  it('takes changes of its parts as Node does', async ({ expect }) => {
    const changes = [['protocol', 'https'], ['protocol', 'foo'], ['host', 'b:81'], ['hostname', 'ü.example'], ['hostname', ''], ['port', '99999'], ['port', '443'],
      ['pathname', 'a b/../c'], ['search', 'x=ä'], ['hash', ' y'], ['username', 'a:b'], ['password', '@'], ['href', 'ftp://z'], ['href', 'z']] as const
    const { there, here } = await guest.both((each) => each.map(([part, value]) => {
      const url = new URL('http://u:p@a.example:8080/x?y#z')
      try {
        url[part] = value
        return url.href
      } catch (error) {
        return (error as Error).name
      }
    }), changes)
    expect(there).toEqual(here)
  })

  it('has search parameters as Node has them, which change with it', async ({ expect }) => {
    const { there, here } = await guest.both((searches) => searches.map((search) => {
      const url = new URL(`http://a/?${search.replace(/^\?/, '')}`)
      const before = [...url.searchParams]
      url.searchParams.append('n', 'ü &=')
      url.searchParams.delete('b')
      url.searchParams.sort()
      const own = new URLSearchParams(search)
      return [before, url.href, own.toString(), url.searchParams.getAll('a'), url.searchParams.size, own.has('a', '1')]
    }), SEARCHES)
    expect(there).toEqual(here)
  })

  it('is made and printed as in Node', async ({ expect }) => {
    const { there, here } = await guest.both(() => [
      new URLSearchParams({ a: '1', b: '2' }).toString(), new URLSearchParams([['x', 'y']]).toString(), URL.canParse('x'), URL.canParse('x', 'http://y'),
      String(URL.parse('x')), JSON.stringify(new URL('http://a')), Object.prototype.toString.call(new URL('http://a')), new URL('/b', new URL('http://a')).href,
    ], null)
    expect(there).toEqual(here)
  })

  it('is loaded when somebody first needs it, and can be replaced', async ({ expect }) => {
    expect(await guest.run(`
      const lazy = Object.getOwnPropertyDescriptor(globalThis, 'URL').get !== undefined
      new URL('http://a')
      const then = Object.getOwnPropertyDescriptor(globalThis, 'URL')
      URLSearchParams = 1
      return [lazy, then.get === undefined, then.writable, then.enumerable, URLSearchParams]
    `)).toEqual([true, true, true, false, 1])
  })
})
