import { afterAll, it } from 'vitest'
import { Border } from '../../support/border.ts'
import { testIsolates } from '../../support/isolates.ts'
import { moduleRoot, releaseRoots } from '../../support/module_root.ts'
import { eventually } from '../../support/processes.ts'
import { LOOPBACK } from '../egress/grants.ts'
import { serve } from '../egress/servers.ts'
import { startGate } from '../egress/gate/through.ts'

afterAll(releaseRoots)

const MODULE = `export default {
  introspection: () => ({ input: ['text'], output: ['text'] }),
  version: () => ({ version: '1', author: 'test', description: 'Asks twice.', 'module-type': ['expansion'] }),
  async handler({ url }, { fetch, dns }) {
    await fetch(url)
    await dns.resolve('other.test').catch(() => {})
    return { results: [] }
  },
}
`

it('what two queries of one runner ask of the network at the same time is told of as what each of them asks', async ({ expect }) => {
  const waiting = new Map<string, () => void>()
  await using server = await serve((req, res) => {
    waiting.set(req.url ?? '', () => res.end())
    // Neither is answered before both have asked.
    if (waiting.size === 2) for (const answer of waiting.values()) answer()
  })
  await using gate = await startGate()
  await using door = await gate.door({ hosts: ['127.0.0.1'] })
  const root = moduleRoot({ 'expansion/asks.js': MODULE })
  await using border = new Border({ runtime: await testIsolates(), root, ending: '.js', limits: { runners: 1 }, egress: { ...LOOPBACK, door: door.path } })
  const answers = await Promise.all(['/one', '/two'].map((path) => border.ask('asks', { url: server.url + path })))
  expect(answers.map(({ code, message }) => [code, message])).toEqual([['success', ''], ['success', '']])
  await eventually(() => expect(gate.audits.map(({ query, verb, verdict }) => `${query} ${verb} ${verdict}`).toSorted()).toEqual([
    'q0 DNS denied', 'q0 FETCH allowed', 'q1 DNS denied', 'q1 FETCH allowed',
  ]))
})
