import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Handle } from './pieces.ts'
import { portHolder } from './port_holder.ts'
import { answerOddities } from './socket_errors.ts'

// Not imported: an import reads every export, and one of them loads Node's whole HTTP client.
const { createServer } = process.getBuiltinModule('node:http')

export interface ListenOptions {
  /** As upstream's `-l`: a name or an address; empty for every address. */
  readonly name: string
  /** 0: one free port, the same at every address. */
  readonly port: number
  readonly handle: Handle
  readonly log: Logger
}

export interface Listening {
  /** 0: it listens at a socket with a path. */
  readonly port: number
  readonly addresses: readonly string[]
  /** Takes no new connections, lets requests that are under way end for up to `graceMs`, then cuts what is left. */
  readonly close: (graceMs: number) => Promise<void>
}

/** Why nothing listens. */
export class ListenFailure extends Error {
  readonly code: 'PORT_IN_USE' | 'ADDRESS_UNUSABLE' | 'NAME_UNKNOWN'

  constructor(code: ListenFailure['code'], message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ListenFailure'
    this.code = code
  }
}

interface Address {
  readonly address: string
  readonly family: number
}

const LOOPBACK: readonly Address[] = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]
const EVERY: readonly Address[] = [{ address: '0.0.0.0', family: 4 }, { address: '::', family: 6 }]

const HOUR_MS = 3_600_000

const OPTIONS = {
  maxHeaderSize: 65_536,
  // isAcceptable says what a Host must be.
  requireHostHeader: false,
  requestTimeout: 0,
  headersTimeout: HOUR_MS,
  // A client may come back to its connection after any time; what ends one is that its machine is no longer there.
  keepAliveTimeout: 0,
  keepAlive: true,
  keepAliveInitialDelay: HOUR_MS / 60,
}

/** How often a random port is drawn that is free at the first address and taken at another. */
const DRAWS = 10

/** Serves at every address that the name stands for. Throws ListenFailure. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const addresses = await resolve(options.name)
  for (let draw = 1; ; draw++) {
    try {
      return listening(await bindAll(addresses, options))
    } catch (error) {
      const failure = toFailure(error, options)
      if (options.port !== 0 || failure.code !== 'PORT_IN_USE' || draw === DRAWS) throw failure
    }
  }
}

async function resolve(name: string): Promise<readonly Address[]> {
  if (name === '') return EVERY
  if (name === 'localhost') return LOOPBACK
  try {
    return await lookup(name, { all: true })
  } catch (cause) {
    throw new ListenFailure('NAME_UNKNOWN', `expected an address of this machine to listen at, found the unknown name '${name}'`, cause)
  }
}

async function bindAll(addresses: readonly Address[], options: ListenOptions): Promise<Server[]> {
  const servers: Server[] = []
  let { port } = options
  let unusable: unknown
  for (const { address, family } of addresses) {
    try {
      const server = await bind(address, port, options)
      servers.push(server)
      port = portOf(server)
    } catch (error) {
      // A machine without IPv6 is no reason not to serve; a machine with nothing else is.
      if (family === 6 && addresses.length > 1 && (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        options.log.warn({ address, err: error }, 'not listening at this IPv6 address')
        unusable = error
        continue
      }
      await Promise.all(servers.map((server) => closeServer(server, 0)))
      throw error
    }
  }
  if (servers.length === 0) throw unusable
  return servers
}

/** Listens nowhere yet. */
export function makeServer({ handle, log }: Pick<ListenOptions, 'handle' | 'log'>): Server {
  const server = createServer(OPTIONS, handle)
  server.maxHeadersCount = 0
  answerOddities(server, handle, log)
  return server
}

async function bind(address: string, port: number, options: ListenOptions): Promise<Server> {
  const { log } = options
  const server = makeServer(options)
  server.listen({ host: address, port, ipv6Only: true })
  await once(server, 'listening')
  server.on('error', (error) => log.error({ err: error, address }, 'the server socket failed'))
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function listening(servers: readonly Server[]): Listening {
  return {
    port: portOf(servers[0]!),
    addresses: servers.map((server) => (server.address() as AddressInfo).address),
    close: async (graceMs) => {
      await Promise.all(servers.map((server) => closeServer(server, graceMs)))
    },
  }
}

/** See Listening.close. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  // A connection whose last answer has gone out is idle only then, and kept alive otherwise.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}

function toFailure(error: unknown, { name, port }: ListenOptions): ListenFailure {
  if (error instanceof ListenFailure) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    const holder = portHolder(port)
    const who = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`
    return new ListenFailure('PORT_IN_USE', `cannot listen at '${name}' port ${port}: it is in use by ${who}`, error)
  }
  return new ListenFailure('ADDRESS_UNUSABLE', `cannot listen at '${name}' port ${port}: ${message}`, error)
}
