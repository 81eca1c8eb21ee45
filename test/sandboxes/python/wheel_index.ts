import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface WheelIndex extends AsyncDisposable {
  readonly url: string
  /** Names of the wheels asked for, in order. */
  readonly asked: string[]
  /** Files that are begun and never finished, as long as they are in here. */
  readonly stuck: Set<string>
}

/** A package index over a folder of wheels, on a loopback port. */
export async function serveWheels(folder: string): Promise<WheelIndex> {
  const [asked, stuck]: [string[], Set<string>] = [[], new Set()]
  const server = createServer((request, response) => {
    const [, kind, name = ''] = (request.url ?? '').split('/')
    if (kind === 'files') return sendFile(response, name)
    const files = readdirSync(folder).filter((file) => file.startsWith(`${name.replaceAll('-', '_')}-`) && file.endsWith('.whl'))
    response.writeHead(files.length === 0 ? 404 : 200, { 'content-type': 'text/html' })
    response.end(files.map((file) => `<a href="/files/${file}" data-core-metadata="true">${file}</a>`).join('\n'))
  })
  const sendFile = (response: ServerResponse, name: string) => {
    const bytes = readFileSync(join(folder, name))
    if (name.endsWith('.whl')) asked.push(name)
    // As registries do: a published file never changes.
    const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes.length, 'cache-control': 'max-age=31536000, immutable' }
    response.writeHead(200, headers)
    if (stuck.has(name)) response.write(bytes.subarray(0, 10))
    else response.end(bytes)
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    asked,
    stuck,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
