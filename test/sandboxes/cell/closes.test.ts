import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { Cells } from '../../../sandboxes/cell/cells.ts'
import type { OpenDoor } from '../../../sandboxes/egress/gate_process.ts'
import { TRUSTED } from '../../../sandboxes/launch/policy.ts'
import { trusted } from '../../../sandboxes/launch/trusted.ts'
import type { CellSpec } from '../../../sandboxes/runtime.ts'

it('a spare whose door is open only after the end has begun is not started', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'closes-'))
  const started: string[] = []
  const launch = trusted({ account: undefined, environment: process.env, home: folder, cwd: folder })
  const opening = Promise.withResolvers<OpenDoor>()
  const isShut = Promise.withResolvers<void>()
  const cells = new Cells({
    launch: (spec) => {
      started.push(spec.name)
      return launch(spec)
    },
    policy: TRUSTED, socketFolder: folder, maxFrame: 1000, logCaps: { bytes: 1000, lines: 10 }, onLog: () => {},
  }, 60_000, { open: () => opening.promise, tenant: 'operator', caps: { connections: 1, requestsPerMinute: 1, bytesPerMinute: 1, connectionMs: 1 } })
  const spec: CellSpec = { name: 'spare', command: '/bin/sleep', args: ['60'], env: {}, preload: undefined, spares: 1, reaches: true }
  cells.keepSpares({ name: 'sleeps', cells: [spec], alone: spec, moduleName: () => undefined, smallestCell: () => 0, load: () => { throw new Error('never') } })
  const closed = cells.close()
  opening.resolve({ path: join(folder, 'door'), gone: isShut.promise, assign: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve(isShut.resolve()) })
  await Promise.all([closed, isShut.promise])
  expect(started).toEqual([])
  rmSync(folder, { recursive: true })
})
