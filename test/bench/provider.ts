import { createServer, type ServerResponse } from 'node:http'

/** A provider on the loopback interface: what a hashlookup module asks about a hash, answered at once; `/bytes/N`: as many bytes. */
const ANSWER = JSON.stringify({
  'FileName': 'evil.exe', 'FileSize': '1024', 'source': 'bench',
  'MD5': '8ED4B4ED952526D89899E723F3488DE4', 'SHA-1': '00000079FD7AAC9B2F9C988C50750E1F50B27EB5',
})
const CHUNK = Buffer.alloc(64 * 1024, 'x')

createServer((request, response) => {
  const bytes = /^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (bytes === undefined) response.setHeader('Content-Type', 'application/json').end(ANSWER)
  else send(response.setHeader('Content-Length', bytes), Number(bytes))
}).listen(Number(process.argv[2]), '127.0.0.1')

function send(response: ServerResponse, left: number): void {
  for (let rest = left; rest > 0; rest -= CHUNK.length) {
    if (response.write(CHUNK.subarray(0, rest))) continue
    response.once('drain', () => send(response, rest - CHUNK.length))
    return
  }
  response.end()
}
