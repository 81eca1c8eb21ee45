import { createServer } from 'node:http'

/** A provider on the loopback interface: what a hashlookup module asks about a hash, answered at once. */
const ANSWER = JSON.stringify({
  'FileName': 'evil.exe', 'FileSize': '1024', 'source': 'bench',
  'MD5': '8ED4B4ED952526D89899E723F3488DE4', 'SHA-1': '00000079FD7AAC9B2F9C988C50750E1F50B27EB5',
})

createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json').end(ANSWER)
}).listen(Number(process.argv[2]), '127.0.0.1')
