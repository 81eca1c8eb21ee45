import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { OwnSpecs } from '../../../sandboxes/cell/own_specs.ts'
import { descendants } from '../../../sandboxes/process/process_tree.ts'
import { Border } from '../../support/border.ts'
import { eventually } from '../../support/processes.ts'
import { strictProfile, strictPython } from '../../support/profiles.ts'

const profile = await strictProfile()
const root = fileURLToPath(new URL('../../fixtures/cast/python', import.meta.url))

describe('a cell of the profile strict that is no module\'s yet', () => {
  it('is there when one was taken, and becomes that of the next module that is asked', async ({ expect }) => {
    await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root, profile })
    // Who is not asked has none.
    expect(border.cells.spares()).toEqual([])
    expect((await border.ask('echo')).code).toBe('success')
    await eventually(() => expect(border.cells.spares()).toEqual([{ name: 'python/light', spares: 1 }]))
    const before = descendants(process.pid)
    expect((await border.ask('throws')).code).toBe('MODULE_THREW')
    expect(before).toContain(border.cells.status().find(({ name }) => name === 'python/light:throws')?.pid)
  })

  it('sees one module root and no other', async ({ expect }) => {
    const runtime = await strictPython(profile, 'forkserver')
    await using border = new Border({ runtime, root, profile })
    const own = new OwnSpecs(profile.policy)
    const [kind] = runtime.cells
    if (kind === undefined) throw new Error('expected a kind of cell')
    const baseFor = (name: string, of: string) => {
      const unit = border.unit(name)
      return own.baseOf(own.of(kind, { ...unit, key: `${of} ${name}`, source: { ...unit.source, root: of } }, false))
    }
    expect(baseFor('echo', '/srv/one')).toBe(baseFor('throws', '/srv/one'))
    expect(baseFor('echo', '/srv/two')).not.toBe(baseFor('echo', '/srv/one'))
    expect(baseFor('echo', '/srv/two')?.reads).toEqual([...(kind.reads ?? []), '/srv/two'])
  })

  it('is of the runtime that is served now: after an install no module is described with the packages before it', async ({ expect }) => {
    const [kind, next] = [await strictPython(profile, 'forkserver'), await strictPython(profile, 'forkserver')].map(({ cells: [first] }) => first)
    if (kind === undefined || next === undefined) throw new Error('expected a kind of cell')
    await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root, profile })
    const own = new OwnSpecs(profile.policy)
    const [before, now] = [kind, next].map((spec) => own.of(spec, border.unit('echo'), true))
    expect(now).not.toBe(before)
    expect(now && own.originOf(now)).toBe(next)
    expect(own.of(next, border.unit('throws'), true)).toBe(now)
  })
})

it('the runner for the next query is made while one has its query', async ({ expect }) => {
  await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root, profile })
  // Of the first nobody knows yet whether that may be.
  await border.ask('sleeps', { seconds: 0 })
  const asked = border.ask('sleeps', { seconds: 3 })
  await eventually(() => expect(border.pool.status()).toMatchObject({ runners: 2, busy: 1, starting: 0 }))
  expect((await asked).code).toBe('success')
})

it('the runner for the next query is another one', async ({ expect }) => {
  await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root, profile })
  for (let query = 0; query < 3; query += 1) {
    expect((await border.ask('counter')).body).toBe('{"results":1}')
    await eventually(() => expect(border.pool.status()).toMatchObject({ runners: 1, busy: 0, starting: 0 }))
  }
})
