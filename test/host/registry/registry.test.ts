import { mkdtempSync, rmSync } from 'node:fs'
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

async function fine(name: string): Promise<Described> {
  return await Promise.resolve({ introspection: { entry: JSON.stringify({ name }), heavy: false, files: [] }, content: undefined })
}

function filled(names: readonly string[], describe: (source: ModuleSource) => Promise<Described>) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  const changes: Catalogue[] = []
  const registry = new Registry({
    describe, cache: new DescribeCache(join(folder, 'describe.json'), '', { store: new ContentStore(join(folder, 'contents')), remake: () => undefined }),
    parallel: 2, patienceMs: PATIENCE_MS, trustFailures: true,
    enabled: () => true,
    changed: (catalogue) => changes.push(catalogue),
  })
  const candidates = names.map((name) => ({
    name, sources: [{ name, type: 'expansion', file: join(folder, name), root: folder, builtin: false, runtime: 'none' } satisfies ModuleSource],
  }))
  return {
    changes,
    async fill() {
      const began = performance.now()
      await registry.fill({ roots: [folder], candidates, clashes: [] })
      return { catalogue: registry.catalogue, ms: performance.now() - began }
    },
    [Symbol.asyncDispose]: async () => {
      registry.close(false)
      await Promise.resolve(rmSync(folder, { recursive: true, force: true }))
    },
  }
}
