import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { findGroupFolders } from '../../../sandboxes/launch/groups/find.ts'
import { startServer } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantFiles } from '../../support/tenants.ts'

const folders = findGroupFolders()
/** More at once than any part of the processors. */
const AT_ONCE = 2 * availableParallelism()

interface Status {
  readonly layers: readonly { readonly name: string; readonly detail: string }[]
  readonly tenants: readonly { readonly name: string; readonly behind: boolean }[]
}

it('a tenant that takes the processors goes behind the others while it does, and they stay where they are', { timeout: 120_000 }, async ({ expect }) => {
  const spins = pythonModule('spin()', 'def spin():\n    end = time.time() + 6\n    while time.time() < end:\n        pass\n\n')
  using files = new TenantFiles({
    tenants: { acme: { files: { 'expansion/spins.py': spins } }, globex: { files: { 'expansion/answers.py': pythonModule('"answer"') } } },
    config: { host: { profile: 'strict' } },
  })
  await using server = await startServer({ args: ['--config', files.configFile] })
  const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`
  const ask = async (tenant: string, module: string): Promise<string> =>
    await (await fetch(url('/query'), { method: 'POST', headers: { authorization: files.basic(tenant) }, body: JSON.stringify({ module }) })).text()
  const status = async (): Promise<Status> => await (await fetch(url('/api/v1/status'), { headers: { authorization: files.basic('operator') } })).json() as Status
  const behind = async (): Promise<string[]> => (await status()).tenants.filter((tenant) => tenant.behind).map(({ name }) => name)

  expect(await ask('globex', 'answers')).toContain('answer')
  if ('unavailable' in folders || folders.cpuacct === undefined) {
    expect((await status()).layers.find(({ name }) => name === 'cgroup')?.detail).not.toContain('gets what the others leave')
    return
  }
  const { cpu = '', version } = folders
  /** What the kernel itself was told of the tenants. */
  const idle = (): string[] => readdirSync(cpu).filter((name) => name.startsWith(`misp-module-host-${server.pid}-`))
    .map((name) => readFileSync(join(cpu, name, version === 1 ? 'cpu.shares' : 'cpu.weight'), 'latin1').trim()).toSorted()

  // Not even for what describing its modules took.
  await eventually(async () => expect(await behind()).toEqual([]), 20_000)
  const usual = idle()
  expect(usual).toEqual(usual.map(() => (version === 1 ? '1024' : '100')))
  const spinning = Promise.all(Array.from({ length: AT_ONCE }, () => ask('acme', 'spins')))
  await eventually(async () => expect(await behind()).toEqual(['acme']), 20_000)
  const among = idle()
  expect(among.filter((text) => !usual.includes(text))).toHaveLength(1)
  expect(await ask('globex', 'answers')).toContain('answer')
  await spinning
  await eventually(async () => expect(await behind()).toEqual([]), 20_000)
  expect(new Set(idle())).toEqual(new Set(usual))
})
