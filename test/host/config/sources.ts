import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { addSettings, configOf } from '../../../host/cli/options.ts'
import { type Config, SECTION_NAMES } from '../../../host/config/config.ts'
import type { Setting } from '../../../host/config/setting.ts'

export interface Places {
  /** Words of the command line. */
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What the configuration file says; text: as it is. */
  readonly file?: object | string
}

/** The configuration of a real command line that knows every flag, with a real file. */
export function configFrom({ args = [], environment = {}, file }: Places): Config {
  const folder = mkdtempSync(join(tmpdir(), 'mmh-config-'))
  try {
    const path = join(folder, 'config.json')
    if (file !== undefined) writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
    const command = addSettings(new Command('test').exitOverride().configureOutput({ writeErr: () => {} }), SECTION_NAMES)
    command.parse([...(file === undefined ? [] : ['--config', path]), ...args], { from: 'user' })
    return configOf(command, environment)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One value of one setting, in each of the three places. */
export function placesFor({ kind, flag, variable, section, key }: Setting, value: unknown): Required<Places> {
  const texts = Array.isArray(value) ? value.map(String) : [String(value)]
  return {
    args: kind === 'boolean' ? [value === true ? `--${flag}` : `--no-${flag}`] : texts.flatMap((text) => [`--${flag}`, text]),
    environment: { [variable]: texts.join(':') },
    file: { [section]: { [key]: value } },
  }
}

/** Two values that a setting may have, the first another one than its default. */
export function valuesOf({ kind, choices, path, schema, default: byDefault }: Setting): readonly [unknown, unknown] {
  const candidates = kind === 'boolean' ? [true, false]
    : kind === 'list' ? [['/one', '/two'], ['/three']]
      : choices ?? (kind === 'number' ? NUMBERS : path ? ['/one', '/two'] : ['one', 'two', 'http://one:1', 'http://two:2'])
  const valid = candidates.filter((value) => schema.safeParse(value).success)
  const [first] = valid.filter((value) => value !== byDefault)
  const second = valid.find((value) => value !== first)
  return [first, second]
}

const NUMBERS = [1, 2, 16, 17, 64, 65, 100, 101]
