import { createServer, type Server } from 'node:https'
import { createServer as createPlain } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, describe, it } from 'vitest'
import { egressTools } from '../../../sandboxes/egress/tools.ts'
import { certificates } from './certificates.ts'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { a, nameServer } from './name_server.ts'
import { listening, serve } from './servers.ts'

const authority = certificates()
afterAll(() => authority[Symbol.dispose]())

const TRUSTING = { ...LOOPBACK, caFile: authority.caFile }

/** Answers with the name that the client asked for in TLS. */
function secure(...names: string[]): Server {
  return createServer(authority.issue(...names), (request, response) => response.end(JSON.stringify([(request.socket as TLSSocket).servername, request.headers.host])))
}

describe('https', () => {
  it('asks for the certificate of the name, though it dials the address that was vetted', async ({ expect }) => {
    await using server = await listening(secure('named.example', '127.0.0.1'), 'https')
    await using names = await nameServer(() => [a('127.0.0.1')])
    const tools = egressTools(TRUSTING, [names.address])
    expect(JSON.parse((await ask(TRUSTING, `https://named.example:${server.port}/`, { tools })).body)).toEqual(['named.example', `named.example:${server.port}`])
    expect(JSON.parse((await ask(TRUSTING, server.url, { tools })).body)).toEqual([false, `127.0.0.1:${server.port}`])
  })

  it.for([
    ['of an authority that nobody knows', 'other.example', LOOPBACK],
    ['for another name', 'wrong.example', TRUSTING],
  ] as const)('does not take a certificate %s', async ([_what, name, grant], { expect }) => {
    await using server = await listening(secure('other.example'), 'https')
    await using names = await nameServer(() => [a('127.0.0.1')])
    const tools = egressTools(grant, [names.address])
    expect(await failureOf(ask(grant, `https://${name}:${server.port}/`, { tools }))).toMatch(new RegExp(`^tls: no secure connection to ${name}: `))
  })

  it('is not spoken with a server that does not', async ({ expect }) => {
    await using plain = await serve((_request, response) => response.end())
    await using gone = await listening(createPlain((socket) => socket.once('data', () => socket.end())), 'https')
    expect(await failureOf(ask(TRUSTING, plain.url.replace('http:', 'https:')))).toMatch(/^tls: /)
    expect(await failureOf(ask(TRUSTING, gone.url))).toMatch(/^tls: /)
  })

  it('says where certificates of the operator cannot be read, and not where they are', async ({ expect }) => {
    await using server = await listening(secure('127.0.0.1'), 'https')
    expect(await failureOf(ask({ ...LOOPBACK, caFile: '/nowhere/ca.pem' }, server.url))).toBe('tls: the certificates of egress.caFile cannot be read')
  })
})
