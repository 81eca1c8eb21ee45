import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { CAST_MODULES } from '../../support/hostile_server.ts'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

it('a module cannot read files of the machine, of the host, or of another root', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'of-the-machine-'))
  chmodSync(folder, 0o755)
  // Everybody may read it: only that it is not there keeps a module from it.
  writeFileSync(join(folder, 'secret'), 'of the machine', { mode: 0o644 })
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const paths = [
    join(folder, 'secret'), '/etc/shadow', '/etc/hostname', '/etc/machine-id', '/root/.bashrc', host.configFile,
    join(CAST_MODULES, 'expansion', 'echo.py'), `/proc/${host.pid}/environ`, '/var/log/dpkg.log', '/sys/kernel/notes',
  ]
  expect(await tried(host, paths.map((path) => ['read', path]))).toEqual(paths.map(() => 'ENOENT'))
  const [passwords, environment, command, own] = await tried(host, [
    ['read', '/etc/passwd'], ['read', '/proc/1/environ'], ['read', '/proc/1/cmdline'], ['read', '/proc/self/environ'],
  ])
  expect(passwords).toMatch(/^root:.*\nmodule:.*\n$/)
  expect(environment).toBe('')
  expect(String(command)).not.toContain(host.configFile)
  expect(String(own)).not.toMatch(/LC_TEST|MISP_TEST/)
  await surroundings.expectAsBefore()
  rmSync(folder, { recursive: true })
})
