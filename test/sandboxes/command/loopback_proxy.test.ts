import { execFile } from 'node:child_process'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import { promisify } from 'node:util'
import { it } from 'vitest'
import { loopbackProxy } from '../../../sandboxes/command/shim/loopback_proxy.ts'
import { eventually } from '../../support/processes.ts'
import { certificates } from '../egress/certificates.ts'
import { startGate } from '../egress/gate/through.ts'
import { a, nameServer } from '../egress/name_server.ts'
import { listening, serve } from '../egress/servers.ts'

it('a program behind a door that knows proxies by their variables reaches what is listed, and is told what is not', async ({ expect }) => {
  using authority = certificates()
  const said: IncomingHttpHeaders[] = []
  await using names = await nameServer((name) => (name.endsWith('.test') ? [a('127.0.0.1')] : undefined))
  await using plain = await serve((req, res) => {
    said.push(req.headers)
    res.end('plain')
  })
  await using secure = await listening(createServer(authority.issue('listed.test'), (_req, res) => res.end('secure')))
  await using gate = await startGate([names.address])
  await using door = await gate.door({ hosts: ['listed.test'] })
  let query: string | undefined
  const env = { PATH: process.env['PATH'], ...(await loopbackProxy(door.path, () => query)) }
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', '--cacert', authority.caFile, ...args], { env })).stdout
  expect(await curl(`http://listed.test:${plain.port}/`)).toBe('plain')
  expect(await curl(`https://listed.test:${secure.port}/`)).toBe('secure')
  expect(await curl(`http://other.test:${plain.port}/`)).toContain('the module may not reach other.test')
  await eventually(() => expect(gate.audits).toHaveLength(3))
  query = 'its-id/0123abcd'
  const before = gate.audits.length
  // Two requests on one connection, a tunnel, and one that says something else of itself.
  expect(await curl(`http://listed.test:${plain.port}/`, `http://listed.test:${plain.port}/`)).toBe('plainplain')
  await curl(`https://listed.test:${secure.port}/`)
  await curl('--proxy-header', `Proxy-Authorization: Basic ${btoa('forged:')}`, `http://listed.test:${plain.port}/`)
  await eventually(() => expect(gate.audits.slice(before).map((audit) => `${audit.query} ${audit.verb}`)).toEqual(['GET', 'GET', 'CONNECT', 'GET'].map((verb) => `its-id/0123abcd ${verb}`)))
  expect(said.filter((headers) => 'proxy-authorization' in headers)).toEqual([])
  await expect(curl('-S', `https://other.test:${secure.port}/`)).rejects.toThrow(/403/)
})
