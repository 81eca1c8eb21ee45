import { afterAll, beforeAll, describe, it } from 'vitest'
import { startConfined } from '../support/confined_server.ts'
import type { Status } from '../support/hostile_server.ts'
import { CUSTOM_MODULES } from '../support/kinds.ts'
import { startServer } from '../support/our_server.ts'
import { eventually } from '../support/processes.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'

type Listing = ReadonlyMap<string, string>

describe('GET /modules', () => {
  let pair: ServerPair
  let upstream: Listing
  let ours: Listing
  beforeAll(async () => {
    pair = await startPair((options) => startServer({ ...options, cold: true }), CUSTOM_MODULES)
    upstream = await listing(pair.upstream)
    await untilLoaded(pair.ours, upstream.size)
    ours = await listing(pair.ours)
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => pair?.[Symbol.asyncDispose]())

  it('lists every module that upstream lists, and no other', ({ expect }) => {
    expect([...ours.keys()]).toEqual([...upstream.keys()])
  })

  it('describes every module as upstream does, in the same order of keys', ({ expect }) => {
    const different = [...upstream].filter(([name, entry]) => ours.get(name) !== entry)
    expect(different.map(([name, entry]) => ({ name, upstream: entry, ours: ours.get(name) }))).toEqual([])
  })

  it('lists and describes them so in the profile strict, where each is described in a cell', async ({ expect }) => {
    const { ours: port } = await pair.beside((options) => startConfined({ '*': { enabled: true } }, options))
    await untilLoaded(port, upstream.size)
    expect([...await listing(port)]).toEqual([...upstream])
  }, PAIR_STARTS_WITHIN_MS)

  it('counts the same modules in the statistics', async ({ expect }) => {
    const [theirs, own] = await Promise.all([pair.upstream, pair.ours].map(counted))
    expect(own).toEqual(theirs)
  })
})

/** On a busy machine a server starts without the modules that take it too long, and has them a moment later. */
async function untilLoaded(port: number, count: number): Promise<void> {
  await eventually(async () => {
    const { modules: { loaded, notLoaded } } = (await (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json()) as Status
    if (loaded !== count) throw new Error(`expected ${count} modules, found ${loaded}; not loaded: ${JSON.stringify(notLoaded)}`)
  }, 60_000)
}

/** Every module's entry by name, as text: what parsing loses, it loses on both sides. */
async function listing(port: number): Promise<Listing> {
  const entries = (await (await fetch(`http://127.0.0.1:${port}/modules`)).json()) as { name: string }[]
  return new Map(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => [entry.name, JSON.stringify(entry)]))
}

async function counted(port: number): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/statistics`)
  const { modules } = (await response.json()) as { modules: Record<string, { type: string }> }
  return Object.entries(modules).map(([name, { type }]) => `${type}/${name}`)
}
