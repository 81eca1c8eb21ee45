import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import type { Catalogue } from '../../../host/registry/catalogue.ts'
import { ContentStore } from '../../../host/registry/content_store.ts'
import { DescribeCache, type Described } from '../../../host/registry/describe_cache.ts'
import { Registry } from '../../../host/registry/registry.ts'
import type { ModuleSource } from '../../../sandboxes/contract.ts'
import { eventually } from '../../support/processes.ts'

const PATIENCE_MS = 500
/** A module whose file is gone is served for so long. */
const GONE_MS = 200

it('modules that are never done with being imported cost all others our patience once, and not once each', async ({ expect }) => {
  const hung = Array.from({ length: 20 }, (_, at) => `hung${at}`)
  await using registry = filled([...hung, 'fine', 'good'], ({ name }) => (name.startsWith('hung') ? new Promise<never>(() => {}) : fine(name)))
  const { catalogue, ms } = await registry.fill()
  expect([...catalogue.loaded.keys()]).toEqual(['fine', 'good'])
  expect(catalogue.notLoaded.map(({ source, failure }) => [source.name, failure.error])).toEqual(hung.map((name) => [name, 'still being imported after 0.5 s']))
  // Two lanes: one after the other these would take ten times our patience.
  expect(ms).toBeLessThan(6 * PATIENCE_MS)
})

it('a module that is late appears when it is done', async ({ expect }) => {
  const late = Promise.withResolvers<Described>()
  await using registry = filled(['late', 'good'], ({ name }) => (name === 'late' ? late.promise : fine(name)))
  expect([...(await registry.fill()).catalogue.loaded.keys()]).toEqual(['good'])
  late.resolve(await fine('late'))
  await eventually(() => expect(registry.changes.map(({ loaded, notLoaded }) => [[...loaded.keys()], notLoaded.length])).toEqual([[['good', 'late'], 0]]))
})

it('a module whose file is away is served for a moment, and longer where it is back and nobody has told of that yet', async ({ expect }) => {
  await using registry = filled(['away', 'good'], ({ name }) => fine(name))
  expect([...(await registry.fill()).catalogue.loaded.keys()]).toEqual(['away', 'good'])
  writeFileSync(registry.file('away'), '')
  await registry.look(['good'])
  await new Promise((resolve) => setTimeout(resolve, 3 * GONE_MS))
  expect([...registry.catalogue.loaded.keys()]).toEqual(['away', 'good'])
  rmSync(registry.file('away'))
  await eventually(() => expect([...registry.catalogue.loaded.keys()]).toEqual(['good']))
})

it('what modules of a tenant say of themselves is bounded together as well', async ({ expect }) => {
  const names = Array.from({ length: 70 }, (_, at) => `m${String(at).padStart(2, '0')}`)
  const long = 'x'.repeat(65_000)
  await using registry = filled(names, ({ name }) => Promise.resolve({ introspection: { entry: JSON.stringify({ name, long }), heavy: false, files: [] }, content: undefined }), { own: true, confined: [] })
  const { catalogue } = await registry.fill()
  expect([catalogue.loaded.size, catalogue.notLoaded.length]).toEqual([64, 6])
  expect(catalogue.notLoaded[0]?.failure.error).toMatch(/^with this one .* characters together in what they say of themselves, at most 4194304 may be$/)
})

it('contents of a tenant that are more together than the host keeps are not served, until others go', async ({ expect }) => {
  const content = new Uint8Array(50 << 20)
  const own = { own: true, confined: [] } as const
  await using registry = filled(['a', 'b', 'c'], ({ name }) => fine(name, content), own)
  const { catalogue } = await registry.fill()
  expect([...catalogue.loaded.keys()]).toEqual(['a', 'b'])
  expect(catalogue.notLoaded.map(({ source, failure }) => [source.name, failure.error])).toEqual([
    ['c', `with this one the modules of its tenant would have ${150 << 20} bytes together as they run, at most ${128 << 20} may be`],
  ])
  await registry.look(['b', 'c'])
  await eventually(() => expect([...registry.catalogue.loaded.keys()]).toEqual(['b']))
  writeFileSync(registry.file('c'), '')
  await registry.look(['b', 'c'], ['c'])
  await eventually(() => expect([...registry.catalogue.loaded.keys()]).toEqual(['b', 'c']))
  // Those of an operator's are as many as there are.
  await using others = filled(['a', 'b', 'c'], ({ name }) => fine(name, content))
  expect([...(await others.fill()).catalogue.loaded.keys()]).toEqual(['a', 'b', 'c'])
})

async function fine(name: string, content?: Uint8Array): Promise<Described> {
  return await Promise.resolve({ introspection: { entry: JSON.stringify({ name }), heavy: false, files: [] }, content })
}

function filled(names: readonly string[], describe: (source: ModuleSource) => Promise<Described>, whose: Pick<ModuleSource, 'own' | 'confined'> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  const changes: Catalogue[] = []
  const registry = new Registry({
    describe, cache: new DescribeCache(join(folder, 'describe.json'), '', { store: new ContentStore(join(folder, 'contents')), remake: () => undefined }),
    parallel: 2, patienceMs: PATIENCE_MS, trustFailures: true,
    enabled: () => true,
    changed: (catalogue) => changes.push(catalogue),
  })
  const file = (name: string): string => join(folder, name)
  const found = (all: readonly string[]) => ({
    roots: [folder],
    candidates: all.map((name) => ({ name, sources: [{ name, type: 'expansion', file: file(name), root: folder, builtin: false, runtime: 'none', ...whose } satisfies ModuleSource] })),
    clashes: [],
  })
  return {
    changes,
    file,
    get catalogue() {
      return registry.catalogue
    },
    /** As when the folder is looked at and has these. */
    look: (all: readonly string[], changed: readonly string[] = []) => registry.update(found(all), new Set(changed.map(file))),
    async fill() {
      const began = performance.now()
      await registry.fill(found(names))
      return { catalogue: registry.catalogue, ms: performance.now() - began }
    },
    [Symbol.asyncDispose]: async () => {
      registry.close(false)
      await Promise.resolve(rmSync(folder, { recursive: true, force: true }))
    },
  }
}
