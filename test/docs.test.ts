import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, it } from 'vitest'
import { ModuleEntry } from '../host/config/limits.ts'
import { loadConfig } from '../host/config/load_config.ts'
import { Operator, TenantEntry, Tenants } from '../host/config/tenants.ts'
import { ASSETS } from '../host/http/compat/openapi.ts'
import { GOALS } from './bench/goals.ts'
import { FAILURE_HEAD, failureRows, NAMED_ANSWERS } from './docs/failure_table.ts'
import { anchorsOf, blocksOf, linksOf, PROJECT, read, rowOf, tableOf } from './docs/markdown.ts'
import { SETTINGS_HEAD, settingsRows } from './docs/settings_table.ts'

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md', 'sandboxes/PROTOCOL.md']
const README = read('README.md')

describe('the README', () => {
  it('has every setting, with its key, variable, default and meaning', ({ expect }) => {
    expect(tableOf(README, ...SETTINGS_HEAD).rows.map(rowOf)).toEqual(settingsRows())
  })

  it('has every key of a module', ({ expect }) => {
    const { rows } = tableOf(README, 'Key', 'Meaning')
    expect(rows.map(([key]) => key)).toEqual(Object.keys(ModuleEntry.shape).map((key) => `\`${key}\``))
  })

  it('has every failure, with whose fault it is and what MISP gets', ({ expect }) => {
    expect(tableOf(README, ...FAILURE_HEAD).rows.map(([code, blame, , answer]) => [code, blame, answer])).toEqual(failureRows())
    expect(README).toContain(`\`${NAMED_ANSWERS['the generic error']}\``)
  })

  it('has every route, and no other', ({ expect }) => {
    const { rows } = tableOf(README, 'Route', 'Answer')
    const named = rows.flatMap(([route = '', answer = '']) => [route.replaceAll('`', ''), ...assetsIn(answer)])
    expect(named.toSorted()).toEqual(registeredRoutes().toSorted())
  })

  it('has every goal of the bench', ({ expect }) => {
    const { rows } = tableOf(README, 'Measure', 'Goal', 'Figure')
    expect(rows.map(([measure, goal]) => ({ measure, goal }))).toEqual(Object.values(GOALS).map(({ measure, goal }) => ({ measure, goal })))
  })

  it('has every key of a tenant, and shows tenants that are valid', ({ expect }) => {
    const { rows } = tableOf(README, 'Key of a tenant', 'Meaning', 'Default')
    expect(rows.map(([key]) => key)).toEqual(Object.keys(TenantEntry.shape).map((key) => `\`${key}\``))
    const [block] = blocksOf(README).filter(({ info }) => info === 'json tenants')
    const { tenants, operator } = JSON.parse(block?.text ?? '') as Record<string, unknown>
    expect([Tenants.safeParse(tenants).error, Operator.safeParse(operator).error]).toEqual([undefined, undefined])
    for (const entry of Object.values(tenants as Record<string, object>)) expect(Object.keys(TenantEntry.shape)).toEqual(expect.arrayContaining(Object.keys(entry)))
  })

  it('shows a configuration file that is valid', ({ expect }) => {
    const [block] = blocksOf(README).filter(({ info }) => info === 'json config')
    const { modules, ...sections } = JSON.parse(block?.text ?? '') as Record<string, Record<string, unknown>>
    expect(Object.keys(modules ?? {}).length).toBeGreaterThan(3)
    for (const [name, entry] of Object.entries(modules ?? {})) expect(ModuleEntry.safeParse(entry).error, name).toBeUndefined()
    const variables = Object.entries(sections).flatMap(([section, values]) => Object.keys(values).map((key) => `${section}.${key}`))
    const documented = tableOf(README, ...SETTINGS_HEAD).rows.map(([, key]) => key?.replaceAll('`', ''))
    expect(documented).toEqual(expect.arrayContaining(variables))
  })

  it('says of each difference why, and names a test that is there', ({ expect }) => {
    const { rows } = tableOf(README, 'Upstream', 'Here', 'Why', 'Proved by')
    expect(rows.length).toBeGreaterThan(20)
    for (const [upstream, here, why, proof] of rows) {
      expect([upstream, here, why].every(Boolean), rowOf([upstream ?? '', here ?? ''])).toBe(true)
      const [test] = linksOf(proof ?? '')
      expect(test?.target, here).toMatch(/^test\/.+\.ts$/)
    }
  })

  it('leads with the two commands that the project has', ({ expect }) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const commands = blocksOf(README).filter(({ info }) => info === 'sh').map(({ text }) => text.trim())
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm start', 'npm test'])
    expect(scripts).toMatchObject({ start: expect.stringContaining('host/main.js serve'), test: expect.any(String), bench: expect.any(String) })
    expect(read('.ci/run').trimEnd().split('\n').at(-1)).toBe('npm ci && npm test')
  })
})

describe('every document', () => {
  it.for(DOCUMENTS)('%s: its links lead somewhere', (file, { expect }) => {
    const links = linksOf(read(file)).filter(({ target }) => !target.startsWith('https://'))
    expect(links.map(({ target }) => target).filter((target) => !leadsSomewhere(file, target))).toEqual([])
  })

  it('of the root is linked from the README', ({ expect }) => {
    const targets = linksOf(README).map(({ target }) => target)
    const documents = readdirSync(PROJECT).filter((name) => /^[A-Z]+(\.md)?$/.test(name) && name !== 'README.md')
    expect(targets).toEqual(expect.arrayContaining(documents))
  })

  it('names only files that there are', ({ expect }) => {
    const named = DOCUMENTS.flatMap((file) => [...read(file).matchAll(/`((?:host|sandboxes|test|examples|modules)\/[\w./-]+)`/g)].map(([, path = '']) => path))
    expect(named.length).toBeGreaterThan(20)
    expect([...new Set(named)].filter((path) => !existsSync(join(PROJECT, path)))).toEqual([])
  })
})

describe('the other documents', () => {
  it('the examples are those that there are, each with what it teaches', ({ expect }) => {
    const { rows } = tableOf(read('examples/README.md'), 'Story', 'What it teaches')
    const stories = readdirSync(join(PROJECT, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect(rows.map(([story]) => linksOf(story ?? '')[0]?.target)).toEqual(stories.toSorted().map((name) => `${name}/run.ts`))
  })

  it('the changelog has a place for what comes next', ({ expect }) => {
    expect(read('CHANGELOG.md')).toMatch(/^## \[Unreleased\]$/m)
  })

  it('the licence is that of package.json', ({ expect }) => {
    const { license } = JSON.parse(read('package.json')) as { license: string }
    const [name, version] = read('LICENSE').split('\n').map((line) => line.trim())
    expect([license, name, version]).toEqual(['AGPL-3.0-or-later', 'GNU AFFERO GENERAL PUBLIC LICENSE', 'Version 3, 19 November 2007'])
  })

  it('the architecture has at most ten principles, and a word on every folder', ({ expect }) => {
    const text = read('ARCHITECTURE.md')
    const principles = /^## Principles$([\s\S]*?)^## /m.exec(text)?.[1]?.match(/^\d+\. /gm) ?? []
    expect(principles.length).toBeGreaterThan(5)
    expect(principles.length).toBeLessThanOrEqual(10)
    const rooms = tableOf(text, 'Room', 'What is in it').rows.map(([room]) => room?.replaceAll('`', ''))
    expect(rooms).toEqual(expect.arrayContaining([...foldersIn('host'), ...foldersIn('sandboxes')]))
  })

  it('no address of a person stands anywhere', ({ expect }) => {
    expect(DOCUMENTS.filter((file) => /[\w.+-]+@[\w-]+\.[a-z]{2,}/i.test(read(file)))).toEqual([])
  })
})

it('a setting that nobody knows is refused with the nearest that somebody does', ({ expect }) => {
  const load = () => loadConfig({ flags: {}, environment: { MISP_MODULE_HOST_PROT: '1' } })
  expect(load).toThrow('MISP_MODULE_HOST_PORT')
})

/** Code spans that are paths. */
function assetsIn(answer: string): string[] {
  return [...answer.matchAll(/`(\/openapi\/[\w.-]+)`/g)].map(([, path]) => `GET ${path}`)
}

/** What the source registers; the parts of the page are registered in a loop. */
function registeredRoutes(): string[] {
  const files = readdirSync(join(PROJECT, 'host/http'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const routes = files.flatMap((file) => [...read(`host/http/${file}`).matchAll(/\bapp\.(get|post)\((['`])(.+?)\2/g)])
    .map(([, method = '', , path = '']) => `${method.toUpperCase()} ${path}`)
  return routes.flatMap((route) => (route.includes('$') ? ASSETS.map((path) => `GET ${path}`) : [route]))
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : posix.join(dirname(from), path)
  return existsSync(join(PROJECT, file)) && (anchor === undefined || anchorsOf(read(file)).includes(anchor))
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(join(PROJECT, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('__')).map(({ name }) => `${folder}/${name}/`)
}
