import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { IsolateFolder } from '../../../sandboxes/isolate/isolate_folder.ts'
import { isolatesWork } from '../../../sandboxes/isolate/prepare_new.ts'
import { isolateRuntime } from '../../../sandboxes/isolate/runtime.ts'
import { Border, LIMITS } from '../../support/border.ts'
import { copyOf } from '../../support/escaped_isolates.ts'
import { isolateFolder, ISOLATE_SETTINGS } from '../../support/isolates.ts'
import { placeOldIsolatedVm } from '../../support/old_isolated_vm.ts'

const CAST = fileURLToPath(new URL('../../fixtures/cast/isolate', import.meta.url))
/** What tells releases of isolated-vm with the flaw GHSA-864f-rcv7-6rh4 from those without. */
const COPIES = "new (require('isolated-vm').Isolate)().createContextSync().evalSync('({get a(){return 1}})', { copy: true })"

describe('an isolated-vm that runs code of the module while a value is copied (J27)', () => {
  it('is not the one that is installed', async ({ expect }) => {
    const { path, node } = await isolateFolder()
    const { stderr, status } = spawnSync(node, ['--no-node-snapshot', '-e', COPIES], { cwd: path, encoding: 'utf8' })
    expect(stderr).toContain('illegal access')
    expect(status).not.toBe(0)
  })

  describe('in its place', () => {
    let folder: IsolateFolder
    beforeAll(async () => {
      folder = copyOf(await isolateFolder())
      placeOldIsolatedVm(folder.path)
    })
    afterAll(() => rmSync(folder.path, { recursive: true, force: true }))

    it('is told by that', ({ expect }) => {
      const { stdout } = spawnSync(folder.node, ['-p', COPIES], { cwd: folder.path, encoding: 'utf8' })
      expect(stdout).toBe('{ a: 1 }\n')
    })

    it('is refused before a folder with it is used', async ({ expect }) => {
      expect(await isolatesWork(folder.node, folder.path, undefined)).toContain('GHSA-864f-rcv7-6rh4')
    })

    it('is refused by each runner before it greets, so that no module runs in it', async ({ expect }) => {
      await using border = new Border({ runtime: isolateRuntime({ folder, limits: LIMITS, settings: { ...ISOLATE_SETTINGS, spares: 0 } }), root: CAST, ending: '.ts' })
      const { code, message } = await border.ask('echo')
      expect(code).toBe('SANDBOX_UNAVAILABLE')
      expect(message).toContain('did not start')
      expect(border.log.map(({ text }) => text).join('\n')).toContain('expected isolated-vm 7.0.1 or newer')
    })
  })
})
