import { it } from 'vitest'
import { ReloadServer } from '../../support/reload_server.ts'
import { serve } from '../../sandboxes/egress/servers.ts'

const python = (version: number, url: string): string => `import requests


def handler(q=False):
    return {"results": "${version} " + requests.get("${url}", timeout=5).text}


def introspection():
    return {"input": ["text"]}


def version():
    return {"version": "1"}
`
const typescript = (version: number, url: string): string => `export default {
  introspection: () => ({ input: ['text'] }),
  version: () => ({ version: '1' }),
  handler: async (_query, { fetch }) => ({ results: '${version} ' + await (await fetch('${url}')).text() }),
}
`

it.for([['r_saved.py', python], ['r_saved.ts', typescript]] as const)('a module that is saved while it is asked has its own cell and its own way out from the first query on: %s', { timeout: 120_000 }, async ([file, text], { expect }) => {
  await using server = await serve((_req, res) => res.end('answered'))
  const grant = { enabled: true, hosts: ['127.0.0.1'], networks: ['127.0.0.0/8'], ports: [server.port] }
  await using host = await ReloadServer.start({
    args: ['--profile', 'strict'], files: { [`expansion/${file}`]: text(0, server.url) }, config: { modules: { '*': { enabled: false }, 'r_*': grant } },
  })
  const said = new Set<string>()
  for (let version = 0; version <= 4; version += 1) {
    host.save(`expansion/${file}`, text(version, server.url))
    const end = performance.now() + 20_000
    let answer = ''
    while (answer !== JSON.stringify({ results: `${version} answered` })) {
      if (performance.now() > end) throw new Error(`version ${version} did not answer; it said ${answer}`)
      answer = await (await fetch(host.url('/query'), { method: 'POST', body: '{"module":"r_saved"}' })).text()
      said.add(answer)
    }
  }
  // No other answer than of one version or another: none was without its way out.
  expect([...said].filter((each) => !/^\{"results":"\d answered"\}$/.test(each))).toEqual([])
})
