import { afterAll, beforeAll, describe, it } from 'vitest'
import { startConfined } from '../support/confined_server.ts'
import { startServer } from '../support/our_server.ts'
import { type Compared, PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { IN_OTHER_WORDS, type Listed, NOT_ASKED, plainBody, WITH_UUIDS } from './error_answers.ts'
import { GENERIC_ERROR } from './offline_case.ts'

const AT_ONCE = 4
/** In the profile strict each module has a cell of its own, which takes a second: one of so many is asked there. */
const ONE_OF = 4

describe('expansion modules without settings', () => {
  let modules: readonly Listed[]
  let few: readonly Listed[]
  let trusted: ServerPair
  let strict: Pick<ServerPair, 'ask'>
  beforeAll(async () => {
    trusted = await startPair(startServer)
    modules = (await expansionModules(trusted.upstream)).filter(({ name }) => !(name in NOT_ASKED))
    few = modules.filter(({ name }, at) => at % ONE_OF === 0 || name in IN_OTHER_WORDS)
    // All is granted, and there is nothing to reach.
    strict = await trusted.beside((options) => startConfined(Object.fromEntries(few.map(({ name }) => [name, { enabled: true, hosts: ['*'] }])), options))
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => trusted?.[Symbol.asyncDispose]())

  it('answer the same error text as upstream, byte for byte', async ({ expect }) => {
    const { differences, own } = await asked(trusted, modules)
    expect(Object.fromEntries(differences)).toEqual({})
    expect(own.length).toBeGreaterThan(100)
  }, 180_000)

  it('and so they do in the profile strict, but where they cite who could not connect', async ({ expect }) => {
    const { differences, ours } = await asked(strict, few)
    for (const [name, words] of Object.entries(IN_OTHER_WORDS)) expect(ours.get(name), name).toContain(words)
    expect(Object.fromEntries([...differences].filter(([name]) => !(name in IN_OTHER_WORDS)))).toEqual({})
    expect(ours.size).toBeGreaterThan(40)
  }, 300_000)
})

interface Outcome {
  readonly differences: ReadonlyMap<string, string>
  /** Modules that said something of their own. */
  readonly own: readonly string[]
  readonly ours: ReadonlyMap<string, string>
}

async function asked(pair: Pick<ServerPair, 'ask'>, modules: readonly Listed[]): Promise<Outcome> {
  const left = [...modules]
  const answers = new Map<string, Compared>()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      answers.set(next.name, await pair.ask(plainBody(next), WITH_UUIDS.has(next.name) ? 'uuids' : 'same'))
    }
  }))
  const isOwn = ({ upstream: { body } }: Compared): boolean => body.includes('{"error":') && !body.includes(GENERIC_ERROR)
  return {
    differences: new Map([...answers].flatMap(([name, { difference }]) => (difference === undefined ? [] : [[name, difference] as const]))),
    own: [...answers].filter(([, answer]) => isOwn(answer)).map(([name]) => name),
    ours: new Map([...answers].map(([name, { ours }]) => [name, ours.body.toString()])),
  }
}

async function expansionModules(port: number): Promise<Listed[]> {
  const listing = (await (await fetch(`http://127.0.0.1:${port}/modules`)).json()) as Listed[]
  return listing.filter(({ type }) => type === 'expansion')
}
