import { getPriority } from 'node:os'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import type { Started } from '../../../sandboxes/pool/pool_options.ts'
import type { Runtime } from '../../../sandboxes/runtime.ts'
import { describeModule, leave, LoadError } from '../../../sandboxes/start_runner.ts'
import { Border } from '../../support/border.ts'
import { testIsolates } from '../../support/isolates.ts'
import { moduleRoot, releaseRoots } from '../../support/module_root.ts'
import { alive, eventually } from '../../support/processes.ts'

const runtime = await testIsolates()
afterAll(releaseRoots)

describe('a module that is saved again', { timeout: 60_000 }, () => {
  it('becomes its next version in the process of an earlier one, which is then as if it had been no other', async ({ expect }) => {
    await using saving = new Saving(['counts'])
    const first = await saving.saved('counts', counting('one'))
    expect([await asked(first), await asked(first)]).toEqual(['one 1', 'one 2'])
    saving.leave('counts', first)
    const next = await saving.saved('counts', counting('two'))
    expect(next.runner.pid).toBe(first.runner.pid)
    expect([await asked(next), await asked(next)]).toEqual(['two 1', 'two 2'])
  })

  it('does so after a version that did not load', async ({ expect }) => {
    await using saving = new Saving(['counts'])
    const first = await saving.saved('counts', counting('one'))
    saving.leave('counts', first)
    await expect(saving.saved('counts', 'throw new Error("half written")\n')).rejects.toThrow(LoadError)
    const mended = await saving.saved('counts', counting('two'))
    expect(mended.runner.pid).toBe(first.runner.pid)
    expect(await asked(mended)).toBe('two 1')
  })

  it('leaves its process to no other module', async ({ expect }) => {
    await using saving = new Saving(['counts', 'other'])
    const first = await saving.saved('counts', counting('one'))
    saving.leave('counts', first)
    const other = await saving.saved('other', counting('another'))
    expect(other.runner.pid).not.toBe(first.runner.pid)
    expect(await asked(other)).toBe('another 1')
    expect((await saving.saved('counts', counting('two'))).runner.pid).toBe(first.runner.pid)
  })

  it('gets another process after some times, so that what one keeps has an end', async ({ expect }) => {
    await using saving = new Saving(['counts'])
    const pids = new Set<number>()
    for (let version = 0; version < 60; version += 1) {
      const started = await saving.saved('counts', counting(`v${version}`))
      pids.add(started.runner.pid)
      saving.leave('counts', started)
    }
    expect(pids.size).toBe(2)
  })

  it('gets another process where the one it had has become large', async ({ expect }) => {
    await using saving = new Saving(['counts'], await testIsolates({ heapMb: 512, offHeapMb: 1024 }))
    const large = await saving.saved('counts', `${counting('large')}export const kept = Array.from({ length: 40 }, () => new Array(1_000_000).fill(0.5))\n`)
    saving.leave('counts', large)
    expect((await saving.saved('counts', counting('small'))).runner.pid).not.toBe(large.runner.pid)
    await eventually(() => expect(alive(large.runner.pid)).toBe(false))
  })

  it('and has many others saved with it keeps a few processes and no more', async ({ expect }) => {
    const names = Array.from({ length: 6 }, (_, at) => `module${at}`)
    await using saving = new Saving(names)
    const all: Started[] = []
    for (const name of names) all.push(await saving.saved(name, counting(name)))
    names.forEach((name, at) => saving.leave(name, all[at] as Started))
    await eventually(() => expect(all.map(({ runner }) => alive(runner.pid))).toEqual([false, false, true, true, true, true]))
  })

  it('and not again for a while leaves no process behind', async ({ expect }) => {
    await using saving = new Saving(['counts'])
    const first = await saving.saved('counts', counting('one'))
    saving.leave('counts', first)
    await eventually(() => expect(alive(first.runner.pid)).toBe(false), 15_000)
    expect(await asked(await saving.saved('counts', counting('two')))).toBe('two 1')
  })

  it('is compiled in the same process, and what was kept ends with the host', async ({ expect }) => {
    const saving = new Saving(['counts'])
    const first = await saving.saved('counts', counting('one'))
    // What was taken for the first is there again, some time later: one that is left is kept for some seconds only.
    const spares = (): number[] => saving.border.cells.spares().map((each) => each.spares)
    await eventually(() => expect(spares()).toEqual([1, 1]))
    saving.leave('counts', first)
    const second = await saving.saved('counts', counting('two'))
    // Neither kind of spare was taken.
    expect(spares()).toEqual([1, 1])
    saving.leave('counts', second)
    await saving[Symbol.asyncDispose]()
    await eventually(() => expect(alive(second.runner.pid)).toBe(false))
  })

  it('leaves the runners of a version that is served no more, and those that have a query when that is over', async ({ expect }) => {
    await using saving = new Saving(['counts', 'waits'])
    const { border } = saving
    saving.write('counts', counting('one'))
    expect((await border.ask('counts')).body).toContain('one 1')
    const [idle] = border.pool.pids
    border.pool.retire(() => false)
    expect(border.pool.status()).toMatchObject({ runners: 0, modules: {} })
    expect((await saving.saved('counts', counting('two'))).runner.pid).toBe(idle)

    saving.write('waits', `${counting('one').replace('() => ({ results', 'async () => (await new Promise((resolve) => setTimeout(resolve, 500)), { results')}`)
    const waiting = border.ask('waits')
    await eventually(() => expect(border.pool.status().busy).toBe(1))
    const [busy] = border.pool.pids
    border.pool.retire(() => false)
    expect((await waiting).body).toContain('one 1')
    await eventually(() => expect(border.pool.status().runners).toBe(0))
    expect((await saving.saved('waits', counting('two'))).runner.pid).toBe(busy)
  })
})

describe.runIf(process.getuid?.() === 0)('a process that is started', { timeout: 60_000 }, () => {
  it('runs behind others, unless somebody waits for it who has saved', async ({ expect }) => {
    await using saving = new Saving(['counts'], await testIsolates({ spares: 0 }))
    const { cells } = saving.border
    const unit = saving.border.unit('counts')
    const [slow, quick] = await Promise.all([cells.open(unit), cells.open(unit, { urgent: true })])
    expect([getPriority(slow.pid), getPriority(quick.pid)]).toEqual([10, 0])
    slow.close()
    quick.close()
  })
})

/** A module root whose files are saved, and the border for it. */
class Saving {
  readonly root: string
  readonly border: Border

  constructor(names: readonly string[], with_: Runtime = runtime) {
    this.root = moduleRoot(Object.fromEntries(names.map((name) => [`expansion/${name}.ts`, ''])))
    this.border = new Border({ root: this.root, runtime: with_, ending: '.ts', limits: { memoryMb: 1024 } })
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, `expansion/${name}.ts`), text)
  }

  /** A runner that is what was saved. */
  async saved(name: string, text: string): Promise<Started> {
    this.write(name, text)
    const { first } = await describeModule(this.border.unit(name), this.border, { ms: 20_000, urgent: true })
    if (first === undefined) throw new Error('expected the runner that has described the module')
    return first
  }

  leave(name: string, started: Started): void {
    leave(this.border.unit(name), started, this.border)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.border[Symbol.asyncDispose]()
  }
}

function counting(text: string): string {
  return `let asked = 0\nexport const introspection = () => ({ input: ['text'] })\nexport const version = () => ({ version: '1' })\nexport const handler = () => ({ results: \`${text} \${asked += 1}\` })\n`
}

async function asked({ runner }: Started): Promise<unknown> {
  const { payload } = await runner.query([Buffer.from('{}')], 10_000, 'query')
  return (JSON.parse(Buffer.concat(payload).toString()) as { results: unknown }).results
}
