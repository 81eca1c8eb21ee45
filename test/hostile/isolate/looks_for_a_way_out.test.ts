import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'

const ALLOWED = new URL('../../fixtures/hostile_isolate/globals.json', import.meta.url)

describe('a module finds nothing of the process', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['looks_for_a_way_out', 'throws_strangely', 'forges_its_entry', 'echo'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('by the constructors of whatever it is given (J13, J20, T10)', async ({ expect }) => {
    expect(await askFor(host, 'looks_for_a_way_out', 'through constructors')).toMatchObject({ results: { looked: true, found: [] } })
  })

  it.for(['through stacks', 'through callers', 'of paths'])('%s (J25)', async (how, { expect }) => {
    expect(await askFor(host, 'looks_for_a_way_out', how)).toMatchObject({ outcome: 'success', results: [] })
  })

  it('by importing what only runs know the name of (J21)', async ({ expect }) => {
    expect(await askFor(host, 'looks_for_a_way_out', 'through imports')).toMatchObject({ results: Array(5).fill('Error') })
  })

  it('in the global scope, which has what is on the list and no more (J22)', async ({ expect }) => {
    const { results } = await askFor(host, 'looks_for_a_way_out', 'globals')
    expect(results).toEqual(JSON.parse(readFileSync(ALLOWED, 'utf8')))
  })

  it('and is listed as itself, whatever it says', async ({ expect }) => {
    const listed = await (await fetch(host.url('/modules'))).json() as { name: string; meta: { forged?: boolean } }[]
    expect(listed.filter(({ name }) => name === 'echo').map(({ meta }) => meta.forged)).toEqual([undefined])
  })

  it.for([
    'a proxy', 'a message that throws', 'a message that is huge', 'a stack that is huge', 'nothing', 'a symbol', 'an object without a prototype',
  ])('what it throws is shown as text: %s (J15)', async (how, { expect }) => {
    const { outcome, failure, trace } = await askFor(host, 'throws_strangely', how)
    expect(outcome).toBe('MODULE_THREW')
    expect(`${failure}${trace}`.length).toBeLessThan(200_000)
    await expectWell(host)
  })
})
