import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { testPython } from '../support/python.ts'

/** Serves pymisp's copy of the list of attribute types, which the client wants from an address. */
export async function serveDescribeTypes(): Promise<{ readonly url: string } & AsyncDisposable> {
  const script = 'import importlib.util; print(importlib.util.find_spec("pymisp").submodule_search_locations[0], end="")'
  const folder = execFileSync(testPython(), ['-c', script], { encoding: 'utf8' })
  const types = await readFile(join(folder, 'data', 'describeTypes.json'))
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(types)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/describeTypes.json`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
