import { didYouMean, nearest } from '../nearest.ts'
import type { ModuleType } from '../../sandboxes/contract.ts'
import { checkActionConfig, type Entry } from './attributes.ts'
import { found, isTexts, type Findings } from './finding.ts'

const KEYS = [
  'version', 'author', 'description', 'module-type', 'name', 'logo', 'requirements', 'features', 'references', 'input', 'output',
  'config', 'config_descriptions', 'require_standard_format', 'fetch_options', 'support', 'warm',
]

/** What a folder's modules may call themselves. */
const WORDS: Readonly<Record<ModuleType, readonly string[]>> = {
  expansion: ['expansion', 'hover'], import_mod: ['import'], export_mod: ['export'], action_mod: ['action'],
}
const ALL_WORDS = [...Object.values(WORDS).flat(), 'cortex']

/** What `version()` gave, against what MISP does with it. */
export function checkMeta({ name, type, meta }: Entry, say: Findings): void {
  for (const key of Object.keys(meta).filter((each) => !KEYS.includes(each))) {
    const meant = nearest(key, KEYS)
    if (meant === undefined) say.note(`meta.${key}`, 'nobody reads this key')
    else say.warning(`meta.${key}`, `nobody reads this key; did you mean "${meant}"?`)
  }
  for (const key of ['version', 'author', 'description']) {
    const value = meta[key]
    if (value === undefined || value === '') say.warning(`meta.${key}`, 'there is none: people see it in the list of modules')
    else if (typeof value !== 'string') say.note(`meta.${key}`, `expected a text, found ${found(value)}`)
  }
  for (const key of ['requirements', 'references']) {
    const value = meta[key]
    if (value !== undefined && !isTexts(value)) say.warning(`meta.${key}`, `expected a list of texts, found ${found(value)}`)
  }
  const { warm } = meta
  if (warm !== undefined && typeof warm !== 'boolean') say.warning('meta.warm', `expected true or false, found ${found(warm)}: only true declares anything`)
  checkType(type, meta['module-type'], say)
  checkConfig(type, meta['config'], say)
  if (!/^[\w-]+$/.test(name)) {
    say.warning('name', `MISP keeps settings of a module under its name: expected letters, digits, _ and - only, found "${name}"`)
  }
}

function checkType(folder: ModuleType, words: unknown, say: Findings): void {
  const about = 'meta.module-type'
  const expected = WORDS[folder]
  if (!isTexts(words) || words.length === 0) return say.error(about, `expected a list of ${expected.join(', ')}, found ${found(words)}: MISP's list of modules breaks`)
  for (const word of words.filter((each) => !ALL_WORDS.includes(each))) {
    say.warning(about, `MISP knows no modules of the kind "${word}"${didYouMean(word, ALL_WORDS)}`)
  }
  if (!words.some((word) => expected.includes(word))) {
    say.error(about, `the folder ${folder}/ says ${expected.join(' or ')}, the module says ${words.join(', ')}: MISP goes by the module, clients of upstream by the folder`)
  }
}

/** Names of settings that an administrator of MISP fills in; for actions, what a workflow's author does. */
function checkConfig(type: ModuleType, config: unknown, say: Findings): void {
  const about = 'meta.config'
  if (config === undefined || config === null) return
  if (type === 'action_mod') return checkActionConfig(config, about, say)
  if (!isTexts(config)) return say.error(about, `expected a list of names, found ${found(config)}: MISP cannot query the module`)
  const twice = config.filter((name, at) => config.indexOf(name) !== at)
  if (twice.length > 0) say.warning(about, `expected each name once, found twice: ${[...new Set(twice)].join(', ')}`)
  for (const name of config.filter((each) => !/^[\w -]+$/.test(each))) {
    say.warning(about, `MISP keeps the setting under its name: expected letters, digits, _ and - only, found "${name}"`)
  }
}
