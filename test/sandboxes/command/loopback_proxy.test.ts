import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { promisify } from 'node:util'
import { it } from 'vitest'
import { loopbackProxy } from '../../../sandboxes/command/shim/loopback_proxy.ts'
import { certificates } from '../egress/certificates.ts'
import { startGate } from '../egress/gate/through.ts'
import { a, nameServer } from '../egress/name_server.ts'
import { listening, serve } from '../egress/servers.ts'

it('a program behind a door that knows proxies by their variables reaches what is listed, and is told what is not', async ({ expect }) => {
  using authority = certificates()
  await using names = await nameServer((name) => (name.endsWith('.test') ? [a('127.0.0.1')] : undefined))
  await using plain = await serve((_req, res) => res.end('plain'))
  await using secure = await listening(createServer(authority.issue('listed.test'), (_req, res) => res.end('secure')))
  await using gate = await startGate([names.address])
  await using door = await gate.door({ hosts: ['listed.test'] })
  const env = { PATH: process.env['PATH'], ...(await loopbackProxy(door.path)) }
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', '--cacert', authority.caFile, ...args], { env })).stdout
  expect(await curl(`http://listed.test:${plain.port}/`)).toBe('plain')
  expect(await curl(`https://listed.test:${secure.port}/`)).toBe('secure')
  expect(await curl(`http://other.test:${plain.port}/`)).toContain('the module may not reach other.test')
  await expect(curl('-S', `https://other.test:${secure.port}/`)).rejects.toThrow(/403/)
})
