import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { ModuleType } from '../../sandboxes/contract.ts'
import { startServer } from '../support/our_server.ts'
import { testPython } from '../support/python.ts'
import { makeSamples, type Samples } from '../support/samples.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { type Ask, SERVER_IDS } from './server_ids.ts'

describe("upstream's own server tests, asked in our own words", () => {
  let pair: ServerPair
  let samples: Samples
  beforeAll(async () => {
    [pair, samples] = await Promise.all([startPair(startServer), makeSamples()])
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(async () => {
    await Promise.all([pair?.[Symbol.asyncDispose](), samples?.[Symbol.asyncDispose]()])
  })

  it('are 85: 52 pass, 12 fail, 21 are skipped', ({ expect }) => {
    const ids = SERVER_IDS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(85)
    const count = (wanted: string) => SERVER_IDS.filter(({ outcome }) => outcome === wanted).length
    expect([count('passed'), count('failed'), count('skipped')]).toEqual([52, 12, 21])
  })

  for (const { id, outcome, asks } of SERVER_IDS.filter((test) => test.asks.length > 0)) {
    it(`${id}: ${outcome} against both servers, with the same answers`, async ({ expect }) => {
      const outcomes = await Promise.all(asks.map((ask) => outcomeOf(ask)))
      const all = (server: 'upstream' | 'ours') => (outcomes.every((one) => one[server]) ? 'passed' : 'failed')
      expect(outcomes.map(({ difference }) => difference)).toEqual(asks.map(() => undefined))
      expect({ upstream: all('upstream'), ours: all('ours') }).toEqual({ upstream: outcome, ours: outcome })
    })
  }

  async function outcomeOf(ask: Ask): Promise<{ upstream: boolean; ours: boolean; difference: string | undefined }> {
    if ('lists' in ask) {
      const files = moduleFiles(ask.lists)
      const [upstream, ours] = await Promise.all([pair.upstream, pair.ours].map((port) => listsAll(port, ask.lists, files)))
      return { upstream: upstream === true, ours: ours === true, difference: undefined }
    }
    const { upstream, ours, difference } = await pair.ask(ask.body(samples), ask.agreement)
    return { upstream: ask.satisfies(upstream.body.toString()), ours: ask.satisfies(ours.body.toString()), difference }
  }
})

/** The names of the modules of one type in the installed package, by their files. */
function moduleFiles(type: ModuleType): string[] {
  const script = 'import importlib.util, json, os, sys; '
    + 'folder = importlib.util.find_spec("misp_modules.modules." + sys.argv[1]).submodule_search_locations[0]; '
    + 'print(json.dumps([f[:-3] for f in os.listdir(folder) if f.endswith(".py") and not f.startswith("_")]))'
  return JSON.parse(execFileSync(testPython(), ['-c', script, type], { encoding: 'utf8' })) as string[]
}

async function listsAll(port: number, type: ModuleType, files: readonly string[]): Promise<boolean> {
  const listing = (await (await fetch(`http://127.0.0.1:${port}/modules`)).json()) as { name: string; type: string }[]
  const listed = new Set(listing.filter((entry) => entry.type === type).map(({ name }) => name))
  return files.length > 0 && files.every((file) => listed.has(file))
}
