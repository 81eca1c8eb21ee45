import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { EgressGrant } from '../contract.ts'
import { EgressError } from './egress_error.ts'
import { admitAddress, type Host } from './policy.ts'
import type { EgressTools } from './tools.ts'
import { unlessAborted } from './unless_aborted.ts'

export interface Target {
  readonly host: Host
  readonly port: number
  /** Whether TLS is spoken. */
  readonly secure: boolean
}

/** How long one address has before the next is tried beside it. */
const HEAD_START_MS = 300
const MOST_ADDRESSES = 6

/**
 * Connects to a host that is admitted by name. Its addresses are found once, all of them are vetted, and what is dialled is one of
 * these addresses: a name that leads elsewhere a moment later changes nothing. Throws EgressError, or what `signal` was aborted with.
 */
export async function dial(grant: EgressGrant, target: Target, signal: AbortSignal, tools: EgressTools): Promise<Socket> {
  const late = AbortSignal.timeout(grant.connectMs)
  const ended = AbortSignal.any([signal, late])
  try {
    const addresses = await vettedAddresses(grant, target.host, ended, tools)
    const socket = await connectFirst(addresses.slice(0, MOST_ADDRESSES), target.port, ended)
    return target.secure ? await startTls(socket, target.host, ended, tools) : socket
  } catch (error) {
    if (late.aborted && !signal.aborted) {
      throw new EgressError('timeout', `no connection to ${target.host.text} port ${target.port} within ${grant.connectMs / 1000} s`)
    }
    throw error
  }
}

/** The addresses of a host. One that may not be reached among them refuses them all: nobody mixes those in good faith. */
export async function vettedAddresses(grant: EgressGrant, host: Host, signal: AbortSignal, tools: EgressTools): Promise<readonly string[]> {
  const addresses = host.isAddress ? [host.text] : await unlessAborted(tools.lookup(host.text, signal), signal)
  for (const address of addresses) admitAddress(grant, address, host)
  if (addresses.length === 0) throw new EgressError('unreachable', `${host.text} has no address`)
  return addresses
}

/** The first of several addresses that takes the connection; each gets a head start over the next, or none once it has failed. */
function connectFirst(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const open = new Set<Socket>()
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const settle = (done: () => void, kept?: Socket) => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    for (const socket of open) if (socket !== kept) socket.destroy()
    open.clear()
    done()
  }
  const abort = () => settle(() => reject(signal.reason as Error))
  const tryNext = () => {
    clearTimeout(timer)
    const socket = connect({ host: addresses[next++] ?? '', port, noDelay: true })
    open.add(socket)
    // The listener stays: a socket without one ends the process on a later error.
    socket.on('error', (error) => {
      if (!open.delete(socket)) return
      if (next < addresses.length) tryNext()
      else if (open.size === 0) settle(() => reject(error))
    })
    socket.once('connect', () => settle(() => resolve(socket), socket))
    if (next < addresses.length) timer = setTimeout(tryNext, HEAD_START_MS)
  }
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  tryNext()
  return promise
}

/** Speaks TLS on a connection. The certificate has to be for the name that was asked for, whatever address was dialled. */
function startTls(socket: Socket, host: Host, signal: AbortSignal, tools: EgressTools): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const secureContext = tools.trust()
  const secured = connectTls({
    socket,
    host: host.text,
    ALPNProtocols: ['http/1.1'],
    ...(host.isAddress ? {} : { servername: host.text }),
    ...(secureContext === undefined ? {} : { secureContext }),
  })
  const abort = () => secured.destroy(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  secured.on('error', (error) => {
    reject(signal.aborted ? error : new EgressError('tls', `no secure connection to ${host.text}: ${error.message}`, { cause: error }))
  })
  secured.once('secureConnect', () => resolve(secured))
  secured.once('close', () => reject(new EgressError('tls', `${host.text} ended the connection before it was secure`)))
  return promise.finally(() => signal.removeEventListener('abort', abort))
}
