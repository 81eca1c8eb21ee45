import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import type { HostileServer } from '../../support/hostile_server.ts'
import { startStrict } from '../../support/strict_server.ts'

const CAST = fileURLToPath(new URL('../../fixtures/cast', import.meta.url))

/** Modules of each language that count their queries, and how they declare that they may be warm. */
const COUNTERS = {
  python: { ending: '.py', text: source('python/expansion/counter.py'), declares: (text: string) => text.replace('"version": "1"', '"version": "1", "warm": True') },
  isolate: { ending: '.ts', text: source('isolate/expansion/counter.ts'), declares: (text: string) => text.replace("version: '1'", "version: '1', warm: true") },
  command: {
    ending: '.module.json', text: source('command/frames/expansion/counter.module.json').replace('./cast.pl', './_cast.pl'),
    declares: (text: string) => text.replace('"version": "1"', '"version": "1", "warm": true'),
  },
} as const
const LANGUAGES = Object.keys(COUNTERS) as (keyof typeof COUNTERS)[]

let folder: string
let host: HostileServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'warm-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'expansion'))
  cpSync(join(CAST, 'command/lib'), join(folder, 'lib'), { recursive: true })
  writeFileSync(join(folder, 'expansion/_cast.pl'), source('command/frames/expansion/cast.pl').replaceAll('/../../lib/', '/../lib/'))
  chmodSync(join(folder, 'expansion/_cast.pl'), 0o755)
  for (const language of LANGUAGES) for (const what of ['agreed', 'declared', 'granted', 'neither']) save(what, language)
  host = await startStrict(LANGUAGES.flatMap((language) => ['agreed', 'declared', 'granted', 'neither'].map((what) => `${what}_${language}`)), {
    root: folder, config: { modules: { 'agreed_*': { enabled: true, warm: true }, 'granted_*': { enabled: true, warm: true } } },
  })
}, 120_000)
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe.for(LANGUAGES)('a module in %s', (language) => {
  it('keeps its globals where it declares that it may, and it is granted', async ({ expect }) => {
    expect(await counts(`agreed_${language}`)).toEqual([1, 2, 3])
    expect(await stateOf(`agreed_${language}`)).toEqual({ kind: 'warm', why: 'the module declares that it may be, and it is granted' })
  })

  it.for([
    ['declared', 'the module declares that it may be warm, and it is not granted'],
    ['granted', 'to be warm is granted, and the module does not declare that it may be'],
    ['neither', 'the module neither declares that it may be warm, nor is it granted'],
  ] as const)('begins anew with each query where that is %s', async ([what, why], { expect }) => {
    expect(await counts(`${what}_${language}`)).toEqual([1, 1, 1])
    expect(await stateOf(`${what}_${language}`)).toEqual({ kind: 'fresh', why })
  })

  it('is what its newest version declares', async ({ expect }) => {
    await saved('granted', language, ' anew', expect)
    expect(await counts(`granted_${language}`)).toEqual([1, 1, 1])
    await saved('agreed', language, ' anew', expect)
    expect(await counts(`agreed_${language}`)).toEqual([1, 2, 3])
  })
})

it('the listing of others is as it was, and has the word of those that declare it', async ({ expect }) => {
  const listed = (await (await fetch(host.url('/modules'))).json()) as { name: string; meta: { warm?: boolean } }[]
  for (const { name, meta } of listed) expect(meta.warm, name).toBe(/^(?:agreed|declared)_/.test(name) ? true : undefined)
})

function source(path: string): string {
  return readFileSync(join(CAST, path), 'utf8')
}

function save(what: string, language: keyof typeof COUNTERS, more = ''): void {
  const { ending, text, declares } = COUNTERS[language]
  const described = text.replaceAll('Counts its queries', `Counts its queries${more}`)
  writeFileSync(join(folder, 'expansion', `${what}_${language}${ending}`), /^(?:agreed|declared)$/.test(what) ? declares(described) : described)
}

/** Saves another version of a module and waits until it is served. */
async function saved(what: string, language: keyof typeof COUNTERS, more: string, expect: typeof import('vitest').expect): Promise<void> {
  const version = async (): Promise<unknown> => (await detail(`${what}_${language}`))['version']
  const before = await version()
  save(what, language, more)
  await eventually(async () => expect(await version()).not.toBe(before), 20_000)
}

async function counts(module: string): Promise<unknown[]> {
  const answers = []
  for (let i = 0; i < 3; i += 1) answers.push((JSON.parse((await host.ask(module)).body) as { results: unknown }).results)
  return answers
}

async function stateOf(module: string): Promise<unknown> {
  return (await detail(module))['state']
}

async function detail(module: string): Promise<Record<string, unknown>> {
  return (await (await fetch(host.url(`/api/v1/modules/${module}`))).json()) as Record<string, unknown>
}
