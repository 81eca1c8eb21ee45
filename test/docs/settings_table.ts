import { SETTINGS } from '../../host/config/config.ts'
import { type Setting, VARIABLE_PREFIX } from '../../host/config/setting.ts'
import { rowOf } from './markdown.ts'

export const SETTINGS_HEAD = ['Flag', 'Key in the file', `Variable, after \`${VARIABLE_PREFIX}\``, 'Default', 'Meaning'] as const

/** Every setting as the manual has it, a row each. */
export function settingsRows(): string[] {
  return SETTINGS.map((setting) => {
    const { section, key, variable } = setting
    return rowOf([flagOf(setting), `\`${section}.${key}\``, `\`${variable.slice(VARIABLE_PREFIX.length)}\``, defaultOf(setting), meaningOf(setting)])
  })
}

function flagOf({ kind, flag, short, value, default: byDefault }: Setting): string {
  const long = kind === 'boolean' ? `--${byDefault === true ? 'no-' : ''}${flag}` : `--${flag} ${value ?? 'TEXT'}`
  return short === undefined ? `\`${long}\`` : `\`-${short}\`, \`${long}\``
}

/** Defaults that depend on the machine are put in words. */
function defaultOf(setting: Setting): string {
  return setting.strict === undefined ? generalOf(setting) : `${generalOf(setting)}, strict: \`${setting.strict}\``
}

function generalOf({ section, key, default: byDefault }: Setting): string {
  if (section === 'roots' && key === 'modules') return '`modules/` of the checkout'
  if (section === 'python' && key === 'form') return '`forkserver` on Linux, else `single`'
  if (byDefault === undefined) return '–'
  if (byDefault === '') return 'empty'
  return `\`${String(byDefault)}\``
}

function meaningOf({ what, choices }: Setting): string {
  return choices === undefined ? what : `${what}: ${choices.map((choice) => `\`${choice}\``).join(', ')}`
}
