import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { testPython } from '../../support/python.ts'
import { type Certificates, certificates } from '../egress/certificates.ts'
import { startGate, type TestGate } from '../egress/gate/through.ts'
import { a, mx, named, nameServer, type NameServer, soa, txt } from '../egress/name_server.ts'
import { type Listening, listening, serve } from '../egress/servers.ts'

/** What a fork server does before it forks: from then on a program that knows nothing of doors goes through one. */
const SET_UP = `
import sys
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../../../sandboxes/python', import.meta.url)))})
from runner.egress.loopback_proxy import LoopbackProxy, point_at
from runner.egress import names
door = sys.argv[1]
proxy = LoopbackProxy(door)
point_at(proxy.url)
names.ask_at(door)
import json, os, signal, socket
def said(what):
    try:
        return what()
    except Exception as error:
        return f'{type(error).__name__}: {error}'
`

let authority: Certificates
let names: NameServer
let plain: Listening
let secure: Listening
let gate: TestGate
beforeAll(async () => {
  authority = certificates()
  names = await nameServer((name) => {
    if (name === 'listed.test') return [a('127.0.0.1'), mx(5, 'mail.listed.test'), txt('one "two"', 'three'), named('NS', 'ns.listed.test'), soa('ns.listed.test', 'mail.listed.test', [1, 2, 3, 4, 5])]
    return undefined
  })
  plain = await serve((req, res) => res.end(`plain ${req.method} ${req.headers.host?.split(':')[0]}`))
  secure = await listening(createServer(authority.issue('listed.test'), (req, res) => res.end(`secure ${req.method}`)), 'https')
  gate = await startGate([names.address])
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  for (const each of [plain, secure, names]) await each?.[Symbol.asyncDispose]()
  authority?.[Symbol.dispose]()
})

/** What a script prints as JSON, run behind a door for these hosts. */
async function runs(script: string, hosts: readonly string[] = ['listed.test']): Promise<unknown> {
  await using door = await gate.door({ hosts })
  const env = { REQUESTS_CA_BUNDLE: authority.caFile, SSL_CERT_FILE: authority.caFile, PLAIN: String(plain.port), SECURE: String(secure.port) }
  const { stdout } = await promisify(execFile)(testPython(), ['-I', '-c', `${SET_UP}${script}\nos.kill(proxy.pid, signal.SIGKILL)`, door.path], { env, timeout: 30_000 })
  return JSON.parse(stdout)
}

describe('Python code behind a door, which knows nothing of it', () => {
  it('reaches what is listed with requests and urllib, with and without TLS', async ({ expect }) => {
    expect(await runs(`
import requests, urllib.request
http, https = (f"{scheme}://listed.test:{os.environ[port]}/" for scheme, port in (("http", "PLAIN"), ("https", "SECURE")))
session = requests.Session()
print(json.dumps([requests.get(http).text, requests.post(https, data=b"x" * 300000).text, session.get(https).text, session.get(https).text, urllib.request.urlopen(http).read().decode()]))
`)).toEqual(['plain GET listed.test', 'secure POST', 'secure GET', 'secure GET', 'plain GET listed.test'])
  })

  it('reaches nothing else, and is told which grant is missing', async ({ expect }) => {
    const [http, https] = await runs(`
import requests
print(json.dumps([requests.get(f"http://other.test:{os.environ['PLAIN']}/").text, said(lambda: requests.get(f"https://other.test:{os.environ['SECURE']}/"))]))
`) as string[]
    expect(http).toBe('the module may not reach other.test: it is not in modules.<name>.hosts (listed.test)\n')
    expect(https).toContain('403 the module may not reach other.test: it is not in modules.<name>.hosts')
  })

  it('says which query it is for, whatever it asks by, and so does what it starts', async ({ expect }) => {
    const before = gate.audits.length
    await runs(`
import requests, urllib.request, dns.resolver, subprocess
point_at(proxy.url, "earlier")
session = requests.Session()
session.get(f"http://listed.test:{os.environ['PLAIN']}/")
point_at(proxy.url, "by-a-client/0123abcd")
http, https = (f"{scheme}://listed.test:{os.environ[port]}/" for scheme, port in (("http", "PLAIN"), ("https", "SECURE")))
session.get(http), session.get(https), urllib.request.urlopen(http), urllib.request.urlopen(https)
subprocess.run(["curl", "-s", http], check=True, capture_output=True)
socket.gethostbyname("listed.test"), dns.resolver.resolve("listed.test", "MX")
print("null")
`)
    const told = (): string[] => gate.audits.slice(before).map(({ query, verb }) => `${query} ${verb}`).toSorted()
    await eventually(() => expect(told()).toEqual([
      ...['CONNECT', 'CONNECT', 'DNS', 'GET', 'GET', 'GET', 'LOOKUP'].map((verb) => `by-a-client/0123abcd ${verb}`), 'earlier GET',
    ]))
  })

  it('looks names up at the door, as far as they are listed', async ({ expect }) => {
    expect(await runs(`
print(json.dumps([
    socket.getaddrinfo("listed.test", 80, proto=socket.IPPROTO_TCP)[0][4], socket.gethostbyname("listed.test"), socket.gethostbyname_ex("listed.test"),
    said(lambda: socket.getaddrinfo("listed.test", 80, socket.AF_INET6)), said(lambda: socket.gethostbyname("other.test")),
    socket.getaddrinfo("127.0.0.1", 80)[0][4], socket.getaddrinfo("localhost", 80, socket.AF_INET)[0][4][0],
]))
`)).toEqual([
      ['127.0.0.1', 80], '127.0.0.1', ['listed.test', [], ['127.0.0.1']], expect.stringContaining('gaierror: [Errno -2] listed.test has no such address'),
      expect.stringContaining('the module may not reach other.test'), ['127.0.0.1', 80], '127.0.0.1',
    ])
  })

  for (const [when, before] of [['imported before', 'import dns.resolver\n'], ['imported later', '']] as const) {
    it(`asks name servers with dnspython, ${when}`, async ({ expect }) => {
      const set = before === '' ? '' : 'import importlib, dns.resolver, dns.nameserver\nnames.ask_at(door)\n'
      expect(await runs(`${set}
import dns.resolver
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers = ["192.0.2.1"]
resolver.lifetime = 5
def ask(name, kind):
    return said(lambda: sorted(each.to_text() for each in resolver.resolve(name, kind)))
print(json.dumps([ask("listed.test", kind) for kind in ("A", "MX", "TXT", "NS", "SOA", "AAAA", "SRV")] + [ask("nowhere.listed.test", "A"), ask("other.test", "A")]))
`, ['listed.test', 'nowhere.listed.test'])).toEqual([
        ['127.0.0.1'], ['5 mail.listed.test.'], ['"one \\"two\\"" "three"'], ['ns.listed.test.'], ['ns.listed.test. mail.listed.test. 1 2 3 4 5'],
        expect.stringMatching(/^NoAnswer/), expect.stringMatching(/^NoNameservers/), expect.stringMatching(/^NXDOMAIN/), expect.stringMatching(/^NoNameservers.*REFUSED/),
      ])
    })
  }

  it('has no way at all without the proxy that it is given', async ({ expect }) => {
    expect(await runs(`
import requests
session = requests.Session()
session.trust_env = False
print(json.dumps(said(lambda: session.get(f"http://192.0.2.7:9/", timeout=0.2))))
`)).toMatch(/ConnectTimeout|ConnectionError/)
  })

  it('still has a way out after it has killed what carries its connections', async ({ expect }) => {
    expect(await runs(`
import requests, time
os.kill(proxy.pid, signal.SIGKILL)
os.waitpid(proxy.pid, 0)
proxy.restart()
print(json.dumps(requests.get(f"http://listed.test:{os.environ['PLAIN']}/").text))
`)).toBe('plain GET listed.test')
  })

  it('carries many connections at a time, and large bodies as their readers take them', async ({ expect }) => {
    expect(await runs(`
import requests, concurrent.futures
def one(at):
    return requests.post(f"https://listed.test:{os.environ['SECURE']}/", data=b"x" * (1 << 20)).text
with concurrent.futures.ThreadPoolExecutor(20) as pool:
    print(json.dumps(sorted(set(pool.map(one, range(40))))))
`)).toEqual(['secure POST'])
  })
})
