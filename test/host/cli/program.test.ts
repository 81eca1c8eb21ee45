import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { cli } from '../../support/cli.ts'

const COMMANDS = ['serve', 'query', 'list', 'python install', 'python list', 'doctor']

describe('the command line', () => {
  for (const command of COMMANDS) {
    it(`explains ${command}, with where settings come from`, async ({ expect }) => {
      const { status, out, err } = await cli([...command.split(' '), '--help'])
      expect(out).toMatch(new RegExp(`^Usage: misp-module-host ${command} `))
      expect(out).toContain('MISP_MODULE_HOST_LOG_LEVEL')
      expect(out).toContain('--config or MISP_MODULE_HOST_CONFIG names the file')
      expect({ status, err }).toEqual({ status: 0, err: '' })
    })
  }

  it('lists its commands, and those of a group', async ({ expect }) => {
    const { out, status } = await cli(['--help'])
    expect(status).toBe(0)
    for (const name of ['serve', 'query', 'list', 'python', 'doctor']) expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
    const { out: python } = await cli(['python', '--help'])
    expect(python).toMatch(/^ {2}install .*\n(.*\n)*? {2}list /m)
  })

  it('tells its version', async ({ expect }) => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
    expect(await cli(['--version'])).toMatchObject({ status: 0, out: `${version}\n`, err: '' })
  })

  const wrong: readonly [readonly string[], string][] = [
    [['quary', 'dns', '--json'], 'expected a command, found "quary"; did you mean "query"? (there are: serve, query, list, python, doctor, check, new, dev, key, help; see --help)\n'],
    [['frobnicate'], 'expected a command, found "frobnicate" (there are: serve, '],
    [['serve', 'now'], `error: too many arguments for 'serve'`],
    [['python', 'instal'], `error: unknown command 'instal'\n(Did you mean install?)`],
    [['list', '--faild'], `error: unknown option '--faild'\n(Did you mean --failed?)`],
    [['query'], `error: missing required argument 'MODULE'`],
    [['query', 'dns', '--timeout', 'soon'], 'expected a number of seconds above 0'],
    [['query', 'dns', '--timeout', '0'], 'expected a number of seconds above 0'],
    [['list', '--config', '/nowhere/c.json'], 'expected a readable configuration file, found ENOENT'],
  ]
  for (const [words, said] of wrong) {
    it(`refuses with status 2: ${words.join(' ')}`, async ({ expect }) => {
      const { status, out, err } = await cli(words)
      expect(err).toContain(said)
      expect({ status, out }).toEqual({ status: 2, out: '' })
    })
  }

  it('refuses an unknown variable of its own with status 2, in every command', async ({ expect }) => {
    for (const words of [['serve', '-t'], ['list'], ['doctor'], ['query', 'dns']]) {
      const { status, err } = await cli(words, { env: { MISP_MODULE_HOST_PRT: '1' } })
      expect(err).toContain('unknown key "MISP_MODULE_HOST_PRT"; did you mean "MISP_MODULE_HOST_PORT"?')
      expect(status).toBe(2)
    }
  })
})
