import { it } from 'vitest'
import { makeStatistics } from '../../../host/dispatch/statistics.ts'
import type { Counts } from '../../../host/dispatch/statistics.ts'
import { makeCatalogue } from '../../../host/registry/catalogue.ts'
import type { Ask, Query, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'

const catalogue = makeCatalogue(['b', 'a'].map((name) => ({
  source: { name, type: 'import_mod' as const, file: '/m.py', root: '/', builtin: false, runtime: 'stub' },
  introspection: { entry: '{}', heavy: false, files: [] }, content: undefined,
  version: '1',
})), [])

const answer = (outcome: Result['outcome']): Result => ({ outcome, body: [Buffer.from('12345')], bodyBytes: 5 })
const query = (module: string): Query => ({ id: 'x', tenant: 'local', module, body: [], bodyBytes: 10, receivedAt: 0, deadline: 0 })

async function counted(module: string, ask: Ask): Promise<{ totals: Counts; modules: Record<string, Counts> }> {
  const statistics = makeStatistics({ catalogue: () => catalogue, answerBytes: () => 69 })
  await statistics.layer(ask)(query(module)).catch(() => {})
  const { totals, modules } = statistics.snapshot(catalogue)
  return { totals, modules: Object.fromEntries(modules.map(({ name, counts }) => [name, counts])) }
}

it.for([
  ['successes', () => Promise.resolve(answer('success')), 5],
  ['moduleErrors', () => Promise.resolve(answer('module_error')), 5],
  ['exceptions', () => Promise.reject(new QueryFailure('MODULE_THREW', '')), 69],
  ['exceptions', () => Promise.reject(new QueryFailure('BUSY', '')), 69],
  ['timeouts', () => Promise.reject(new QueryFailure('MODULE_TIMED_OUT', '')), 69],
] as const)('counts %s of the module and in all', async ([outcome, ask, responseBytes], { expect }) => {
  const { totals, modules } = await counted('a', ask)
  const expected = { queries: 1, completed: 1, [outcome]: 1, requestBytes: 10, responseBytes }
  expect(totals).toMatchObject(expected)
  expect(modules['a']).toMatchObject(expected)
  expect(modules['b']).toMatchObject({ queries: 0, completed: 0, lastQueryAt: undefined })
  expect(totals.buckets.map(({ count }) => count)).toEqual(totals.buckets.map(() => 1))
})

it('has a query in flight until it is answered', async ({ expect }) => {
  const statistics = makeStatistics({ catalogue: () => catalogue, answerBytes: () => 0 })
  const { promise, resolve } = Promise.withResolvers<Result>()
  const asked = statistics.layer(() => promise)(query('a'))
  expect(statistics.snapshot(catalogue).totals).toMatchObject({ queries: 1, completed: 0 })
  resolve(answer('success'))
  await asked
  expect(statistics.snapshot(catalogue).totals).toMatchObject({ queries: 1, completed: 1 })
})

it('counts neither unknown modules nor bodies that a runner refuses', async ({ expect }) => {
  for (const [module, code] of [['c', 'UNKNOWN_MODULE'], ['a', 'BAD_REQUEST']] as const) {
    const { totals } = await counted(module, () => Promise.reject(new QueryFailure(code, '')))
    expect(totals).toMatchObject({ queries: 0, completed: 0, exceptions: 0, requestBytes: 0 })
  }
})

it('lists every loaded module by name', async ({ expect }) => {
  expect(Object.keys((await counted('a', () => Promise.resolve(answer('success')))).modules)).toEqual(['a', 'b'])
})
