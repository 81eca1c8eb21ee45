import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { treeBytes } from '../../../sandboxes/process/process_tree.ts'
import { eventually } from '../../support/processes.ts'
import { startStrict, STRICT_MODULES, Surroundings } from '../../support/strict_server.ts'

const MEGABYTE = 1 << 20

it('what a module takes where it is imported to be forked is held to its limit, though it undoes that', async ({ expect }) => {
  await using host = await startStrict(['keeps_memory'], { config: { limits: { memoryMb: 64 } } })
  const surroundings = new Surroundings(host)
  expect(await host.told(await host.ask('keeps_memory'))).toMatchObject({
    outcome: 'MODULE_OUT_OF_MEMORY', failure: expect.stringContaining('importing the module took more than 64 MB'),
  })
  await surroundings.expectAsBefore()
})

it('what many modules keep between queries is bounded together, and each still answers', async ({ expect }) => {
  const names = Array.from({ length: 6 }, (_, at) => `keeps_${at}`)
  const root = mkdtempSync(join(tmpdir(), 'keeps-'))
  chmodSync(root, 0o755)
  mkdirSync(join(root, 'expansion'))
  for (const name of names) copyFileSync(join(STRICT_MODULES, 'expansion', 'keeps_memory.py'), join(root, 'expansion', `${name}.py`))
  try {
    // Each keeps 400 MB, as it may.
    await using host = await startStrict(names, { root, config: { pool: { memoryMb: 500 } } })
    const before = await treeBytes(host.pid)
    for (const name of names) expect((await host.ask(name)).body).toBe('{"results":400}')
    await eventually(async () => expect(await treeBytes(host.pid) - before).toBeLessThan(900 * MEGABYTE))
    expect((await host.ask(names[0]!)).body).toBe('{"results":400}')
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
