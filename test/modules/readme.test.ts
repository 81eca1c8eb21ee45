import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { read, tableOf } from '../docs/markdown.ts'
import { testPython } from '../support/python.ts'
import { importsOf, readSourceTree } from '../support/source_tree.ts'
import { versionPlainly } from './plain.ts'
import { shippedModules } from './shipped_modules.ts'

const MODULES = shippedModules()

describe('modules that come with the host', () => {
  it('are all in the README, with what they say of themselves and whom they ask', async ({ expect }) => {
    const rows = tableOf(read('README.md'), 'Module', 'Type', 'What it does', 'Asks').rows
    const own = await Promise.all(MODULES.map(async ({ path, name, type }) => [`\`${name}\``, type, (await versionPlainly(path)).description]))
    expect(rows.map((row) => row.slice(0, 3))).toEqual(own)
    for (const { name, type, file } of MODULES) {
      const asks = rows.find(([first]) => first === `\`${name}\``)?.[3] ?? ''
      const source = read(`modules/${type}/${name}${file.slice(-3)}`)
      expect(/url: 'https:\/\/([\w.-]+)'/.exec(source)?.[1] ?? asks, name).toBe(asks)
      expect(asks === 'nobody', name).toBe(!/\bfetch|\bdns\b/.test(source))
    }
  })

  it('take no name of upstream\'s', ({ expect }) => {
    expect(MODULES.map(({ name }) => name).filter((name) => upstreamNames().includes(name))).toEqual([])
    expect(upstreamNames()).toContain('dns')
  })

  it('are of all four types, in TypeScript except for two', ({ expect }) => {
    expect(new Set(MODULES.map(({ type }) => type)).size).toBe(4)
    expect(MODULES.filter(({ file }) => file.endsWith('.py'))).toHaveLength(2)
    expect(MODULES.length).toBeGreaterThanOrEqual(10)
  })

  it('know the SDK and each other\'s parts, and nothing else', ({ expect }) => {
    const imports = importsOf(readSourceTree()).filter(({ from }) => from.startsWith('modules/'))
    expect(imports.length).toBeGreaterThan(20)
    expect(imports.filter(({ to }) => to !== 'misp-module-host/sdk' && !to.startsWith('modules/'))).toEqual([])
  })
})

/** The file names of upstream's modules, where they are installed. */
function upstreamNames(): string[] {
  const lib = join(dirname(dirname(testPython())), 'lib')
  const [version = ''] = readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name))
  const files = readdirSync(join(lib, version, 'site-packages/misp_modules/modules'), { recursive: true, encoding: 'utf8' })
  return files.flatMap((file) => /\/([^/_][^/]*)\.py$/.exec(file)?.[1] ?? [])
}
