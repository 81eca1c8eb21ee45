import { afterAll, beforeAll, describe, it } from 'vitest'
import { startServer } from '../support/our_server.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { type Listed, NOT_ASKED, plainBody, WITH_UUIDS } from './error_answers.ts'
import { GENERIC_ERROR } from './offline_case.ts'

const AT_ONCE = 4

describe('expansion modules without settings', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await startPair(startServer)
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => pair?.[Symbol.asyncDispose]())

  it('answer the same error text as upstream, byte for byte', async ({ expect }) => {
    const asked = (await expansionModules(pair.upstream)).filter(({ name }) => !(name in NOT_ASKED))
    const differences: Record<string, string> = {}
    const own: string[] = []
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let listed = asked.pop(); listed !== undefined; listed = asked.pop()) {
        const { name } = listed
        const { upstream, difference } = await pair.ask(plainBody(listed), WITH_UUIDS.has(name) ? 'uuids' : 'same')
        if (difference !== undefined) differences[name] = difference
        if (upstream.body.includes('{"error":') && !upstream.body.includes(GENERIC_ERROR)) own.push(name)
      }
    }))
    expect(differences).toEqual({})
    expect(own.length).toBeGreaterThan(100)
  }, 180_000)
})

async function expansionModules(port: number): Promise<Listed[]> {
  const listing = (await (await fetch(`http://127.0.0.1:${port}/modules`)).json()) as Listed[]
  return listing.filter(({ type }) => type === 'expansion')
}
