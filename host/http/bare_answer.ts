import type { Duplex } from 'node:stream'

/** Refuses a request the way upstream refuses what it takes for broken HTTP: a bare status line, then the end of the connection. */
export function dropRequest(socket: Duplex): void {
  endWith(socket, 'HTTP/1.1 400 Bad Request\r\n\r\n')
}

/** Sends bytes over a connection that nothing more is read from, and closes it as soon as they are out. */
export function endWith(socket: Duplex & { destroySoon?: () => void }, bytes: string | Uint8Array): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.write(bytes)
  // Ending alone would leave a connection half open that nobody reads, and that would never be closed.
  if (socket.destroySoon === undefined) socket.end()
  else socket.destroySoon()
}
