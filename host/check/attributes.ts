import { didYouMean } from '../nearest.ts'
import type { ModuleType } from '../../sandboxes/contract.ts'
import { found, isObject, isTexts, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'
import { checkUserConfig } from './user_config.ts'

/** What a module says about itself, as its entry in `GET /modules` has it. */
export interface Entry {
  readonly name: string
  readonly type: ModuleType
  readonly mispattributes: unknown
  readonly meta: Readonly<Record<string, unknown>>
}

const KEYS = ['input', 'output', 'format', 'userConfig', 'inputSource', 'responseType', 'outputFileExtension', 'config']
/** Forms of requests and answers; the first is meant where none is named. */
const FORMATS = ['simplified', 'misp_standard']
/** Words for `output` that are no types of attributes: text that MISP parses, and what people write for objects. */
const BEYOND_TYPES = /^(freetext|misp[ _-]?(objects?|attributes?|format|standard)|objects?)$/i

/** Whether requests and answers are whole attributes and objects rather than values by their type. */
export function isStandard({ mispattributes }: Entry): boolean {
  return isObject(mispattributes) && mispattributes['format'] === 'misp_standard'
}

/** What `introspection()` gave, against what MISP does with it. */
export function checkAttributes(entry: Entry, known: Knowledge, say: Findings): void {
  const { mispattributes: attributes, type } = entry
  if (!isObject(attributes)) {
    say.error('mispattributes', `expected introspection() to give an object, found ${found(attributes)}`)
    return
  }
  for (const key of Object.keys(attributes).filter((each) => !KEYS.includes(each))) {
    say.warning(`mispattributes.${key}`, `nobody reads this key${didYouMean(key, KEYS)} there are: ${KEYS.join(', ')}`)
  }
  const { format = FORMATS[0] } = attributes
  if (!FORMATS.includes(format as string)) {
    say.error('mispattributes.format', `expected "misp_standard", or no format for the simple form, found ${found(format)}`)
  }
  if (type === 'expansion') checkInput(attributes['input'], known, say)
  checkOutput(entry, attributes['output'], known, say)
  if (type === 'export_mod') checkExport(attributes, say)
  if (type === 'import_mod') checkInputSource(attributes['inputSource'], say)
  if (type === 'action_mod') checkActionConfig(attributes['config'], 'mispattributes.config', say)
  checkUserConfig(type, attributes['userConfig'], say)
}

function checkInput(input: unknown, known: Knowledge, say: Findings): void {
  const about = 'mispattributes.input'
  if (input === undefined) return say.error(about, "expected a list of types of attributes, found none: MISP's list of modules breaks without it")
  if (!isTexts(input)) return say.error(about, `expected a list of types of attributes, found ${found(input)}`)
  if (input.length === 0) return say.warning(about, 'the list is empty: MISP offers the module for nothing')
  if (known.source === undefined) return
  for (const type of input) {
    // A module may take whole objects, by name or uuid of their template.
    if (known.types.has(type) || known.templates(type).length > 0) continue
    say.error(about, `"${type}" is neither a type of attributes nor an object template in ${known.source}: MISP never offers the module for it${known.typeLike(type)}`)
  }
}

function checkOutput(entry: Entry, output: unknown, known: Knowledge, say: Findings): void {
  const about = 'mispattributes.output'
  if (output === undefined) {
    if (entry.type === 'expansion' && !isStandard(entry)) say.note(about, 'no types of answers are declared: nothing can be compared with them')
    return
  }
  if (!isTexts(output)) return say.error(about, `expected a list of types of attributes, found ${found(output)}`)
  if (known.source === undefined) return
  for (const type of output) {
    if (known.types.has(type) || BEYOND_TYPES.test(type) || known.templates(type).length > 0) continue
    say.warning(about, `"${type}" is no type of attributes in ${known.source}${known.typeLike(type)}`)
  }
}

function checkExport({ outputFileExtension: ending, responseType: mime }: Readonly<Record<string, unknown>>, say: Findings): void {
  if (typeof ending !== 'string' || ending === '') {
    say.error('mispattributes.outputFileExtension', `expected the ending of the file that MISP offers, such as "csv", found ${found(ending)}`)
  } else if (ending.startsWith('.')) {
    say.warning('mispattributes.outputFileExtension', `MISP adds the dot itself: expected "${ending.slice(1)}", found "${ending}"`)
  }
  if (typeof mime !== 'string' || !/^[\w.+-]+\/[\w.+-]+/.test(mime)) {
    say.error('mispattributes.responseType', `expected the media type of the file that MISP offers, such as "text/csv", found ${found(mime)}`)
  }
}

const SOURCES = ['file', 'paste']

function checkInputSource(sources: unknown, say: Findings): void {
  const about = 'mispattributes.inputSource'
  if (sources === undefined) return say.warning(about, `expected a list of ${SOURCES.join(' and ')}: without it the module gets no data`)
  if (!isTexts(sources)) return say.error(about, `expected a list of ${SOURCES.join(' and ')}, found ${found(sources)}`)
  for (const source of sources.filter((each) => !SOURCES.includes(each))) {
    say.warning(about, `expected ${SOURCES.join(' or ')}, found "${source}"`)
  }
}

const SWITCHES = ['blocking', 'support_filters', 'expect_misp_core_format']

/** What a workflow's author may fill in for an action, and what the action gets. */
export function checkActionConfig(config: unknown, about: string, say: Findings): void {
  if (!isObject(config)) return say.error(about, `expected an object with "params", found ${found(config)}`)
  const { params = {} } = config
  if (!isObject(params)) return say.error(`${about}.params`, `expected an object of parameters, found ${found(params)}`)
  for (const [name, param] of Object.entries(params)) {
    if (isObject(param) && typeof param['type'] === 'string') continue
    say.error(`${about}.params.${name}`, `expected an object with "type" and "description", found ${found(param)}`)
  }
  for (const name of SWITCHES) {
    const value = config[name]
    if (value !== undefined && typeof value !== 'boolean') say.warning(`${about}.${name}`, `expected true or false, found ${found(value)}`)
  }
}
