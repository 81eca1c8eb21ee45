import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { readPackageTables } from '../../sandboxes/python/package_tables.ts'
import { allOf } from '../../sandboxes/python/system_packages.ts'
import { startStub } from '../host/http/stub_host.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const DOCKERFILE = join(PROJECT, 'examples', 'replace-upstream', 'Dockerfile')

interface Instruction {
  readonly word: string
  readonly text: string
}

const instructions = parse(await readFile(DOCKERFILE, 'utf8'))

describe('the Dockerfile', () => {
  it('runs under an init, as an account that is not root', ({ expect }) => {
    expect(jsonOf('ENTRYPOINT').slice(0, 2)).toEqual(['tini', '--'])
    expect(textsOf('USER').at(-1)).toBe('misp-modules')
    expect(textsOf('RUN').find((text) => text.startsWith('useradd'))).toContain(' misp-modules')
    // Everything that follows, the environment for Python among it, belongs to that account.
    const user = instructions.findIndex(({ word }) => word === 'USER')
    expect(instructions.slice(user).filter(({ word }) => word === 'COPY')).toEqual([])
  })

  it('brings the init, and every package that modules use outside Python', ({ expect }) => {
    const apt = textsOf('RUN').find((text) => text.startsWith('apt-get')) ?? ''
    expect(apt.split(/\s+/)).toEqual(expect.arrayContaining(['tini', 'python3', 'python3-venv', ...allOf(readPackageTables())]))
  })

  it('tells a host that is healthy from one that is not', async ({ expect }) => {
    await using host = await startStub()
    const place = { workdir: PROJECT, env: {} }
    const check = (path: string) => run(place, jsonOf('HEALTHCHECK').map((word) => word.replace(':6666/healthcheck', `:${host.port}${path}`)))
    expect([(await check('/healthcheck')).status, (await check('/nothing')).status]).toEqual([0, 1])
  })
})

describe('what it builds, in an empty folder', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dockerfile-'))
    // Started as root, modules run as nobody, who has to get through.
    await chmod(folder, 0o755)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is all that the host needs: it installs and starts', async ({ expect }) => {
    const config = join(folder, 'config.json')
    await writeFile(config, JSON.stringify({ modules: { '*': { enabled: false }, 'countrycode': { enabled: true } } }))
    const place = { workdir: join(folder, 'opt', 'misp-module-host'), env: { MISP_MODULE_HOST_CONFIG: config } as Record<string, string> }
    for (const { word, text } of instructions) {
      if (word === 'WORKDIR') await mkdir(inFolder(folder, text), { recursive: true })
      if (word === 'COPY') await copy(place.workdir, text.split(' '))
      if (word === 'ENV') Object.assign(place.env, Object.fromEntries([inFolder(folder, text).split('=')]))
      if (word === 'RUN' && !NEEDS_ROOT.test(text)) expect(await run(place, ['sh', '-c', text])).toMatchObject({ status: 0 })
    }
    expect(await readdir(place.workdir)).toContain('node_modules')

    const [, , ...command] = [...jsonOf('ENTRYPOINT'), ...jsonOf('CMD')]
    expect(await run(place, [...command, '-t', '-p', '0'])).toMatchObject({ status: 0, output: expect.stringContaining('started in test mode') })
  }, 300_000)
})

/** Steps that change the machine they run on. */
const NEEDS_ROOT = /^(apt-get|useradd) /

interface Place {
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
}

function parse(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#')).join('\n').replace(/\\\n\s*/g, '').split('\n')
  return lines.filter(Boolean).map((line) => {
    const [word = '', ...rest] = line.split(' ')
    return { word, text: rest.join(' ') }
  })
}

function textsOf(wanted: string): string[] {
  return instructions.filter(({ word }) => word === wanted).map(({ text }) => text)
}

/** The words of an instruction in its JSON form. */
function jsonOf(wanted: string): string[] {
  return JSON.parse(textsOf(wanted)[0]?.replace(/^CMD /, '') ?? '[]') as string[]
}

/** The image's paths, below the folder. */
function inFolder(folder: string, text: string): string {
  return text.replace(/(^|=)(\/(?:opt|var)\/)/, `$1${folder}$2`)
}

async function copy(workdir: string, words: string[]): Promise<void> {
  const to = words.at(-1) ?? ''
  for (const from of words.slice(0, -1)) await cp(join(PROJECT, from), join(workdir, to === './' ? from : to), { recursive: true })
}

async function run(place: Place, [program = '', ...args]: readonly string[]): Promise<{ status: number; output: string }> {
  const child = spawn(program, args, { cwd: place.workdir, env: environmentOf(place), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const [status] = await once(child, 'close')
  return { status: status as number, output }
}

/** Without what the npm and the vitest around this test have set. The smallest set of packages and one module, to be quick. */
function environmentOf({ env }: Place): NodeJS.ProcessEnv {
  const around = /^(npm_(lifecycle|package|execpath|node_execpath|command|config_(local|global)?_?prefix|config_globalconfig)|INIT_CWD|VITEST|NODE_ENV$|MISP_)/
  const own = Object.entries(process.env).filter(([name]) => !around.test(name))
  return { ...Object.fromEntries(own), ...env, MISP_MODULE_HOST_EXTRAS: 'core', MISP_MODULE_HOST_LOG_FORMAT: 'json' }
}
