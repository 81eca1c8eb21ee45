import { once } from 'node:events'
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { closeServer, ListenFailure, makeServer, type Listening, type ListenOptions } from './listen.ts'

/**
 * Serves at a unix socket, which its owner and their group can reach. What a host that was killed has left there is removed. Rejects with
 * ListenFailure.
 */
export async function listenAtSocket(path: string, options: Pick<ListenOptions, 'handle' | 'log'>): Promise<Listening> {
  const server = makeServer(options)
  try {
    if (await isLeft(path)) rmSync(path)
    listenPrivately(server, path)
    await once(server, 'listening')
    chmodSync(path, 0o660)
  } catch (error) {
    throw toFailure(error as NodeJS.ErrnoException, path)
  }
  server.on('error', (error) => options.log.error({ err: error, path }, 'the server socket failed'))
  return { port: 0, addresses: [path], close: (graceMs) => closeServer(server, graceMs) }
}

/** Nobody else can connect before its mode is set. The socket is made at once, so that nothing else is made under this mask. */
function listenPrivately(server: Server, path: string): void {
  const before = process.umask(0o177)
  try {
    server.listen({ path })
  } finally {
    process.umask(before)
  }
}

/** A socket that nobody listens at. */
async function isLeft(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return false
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

function toFailure(error: NodeJS.ErrnoException, path: string): ListenFailure {
  if (error.code === 'EADDRINUSE') return new ListenFailure('PORT_IN_USE', `cannot listen at ${path}: it is in use, or something else is there`, error)
  return new ListenFailure('ADDRESS_UNUSABLE', `cannot listen at ${path}: ${error.message}`, error)
}
