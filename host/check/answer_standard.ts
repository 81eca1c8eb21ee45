import { isBase64 } from './answer_data.ts'
import { checkCategory } from './answer_simple.ts'
import { checkObject } from './answer_object.ts'
import { didYouMean } from '../nearest.ts'
import { found, isObject, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'

export interface StandardCheck {
  readonly results: Readonly<Record<string, unknown>>
  /** The request: what it names may be referred to. */
  readonly body: Readonly<Record<string, unknown>>
  readonly known: Knowledge
  readonly say: Findings
}

const KEYS = ['Attribute', 'Object', 'EventReport', 'Tag', 'Galaxy']
/** What an import may give besides: a whole event. */
const EVENT_KEYS = [
  'uuid', 'info', 'date', 'threat_level_id', 'analysis', 'distribution', 'published', 'timestamp', 'extends_uuid', 'sharing_group_id',
  'id', 'org_id', 'orgc_id', 'Org', 'Orgc', 'RelatedEvent', 'ShadowAttribute', 'disable_correlation', 'locked', 'publish_timestamp',
]

/** `{Attribute, Object, ...}`. Gives what MISP would show. */
export function checkStandard({ results, body, known, say }: StandardCheck): string[] {
  for (const key of Object.keys(results).filter((each) => ![...KEYS, ...EVENT_KEYS].includes(each))) {
    say.warning(`answer.results.${key}`, `MISP does not read this key${didYouMean(key, KEYS)} there are: ${KEYS.join(', ')}`)
  }
  const attributes = listAt(results, 'Attribute', 'answer.results', say)
  const objects = listAt(results, 'Object', 'answer.results', say)
  for (const [at, attribute] of attributes.entries()) checkAttribute(attribute, `answer.results.Attribute[${at}]`, known, say)
  const uuids = new Set([...uuidsIn(results), ...uuidsIn(body)])
  for (const [at, object] of objects.entries()) {
    const about = `answer.results.Object[${at}]`
    checkObject(object, about, { known, say, uuids })
    for (const [index, attribute] of listAt(object, 'Attribute', about, say).entries()) checkAttribute(attribute, `${about}.Attribute[${index}]`, known, say)
  }
  checkTags(results, 'answer.results', say)
  return shown({ results, attributes, objects })
}

type Item = Readonly<Record<string, unknown>>

/** The objects of a list that stands under a key. */
function listAt(holder: Item, key: string, about: string, say: Findings): Item[] {
  const list = holder[key]
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) {
    say.error(`${about}.${key}`, `expected a list, found ${found(list)}`)
    return []
  }
  const bad = list.find((each) => !isObject(each))
  if (bad !== undefined) say.error(`${about}.${key}`, `expected a list of objects, found ${found(bad)} in it`)
  return list.filter(isObject)
}

function checkAttribute(attribute: Item, about: string, known: Knowledge, say: Findings): void {
  const { type, value, category, data } = attribute
  const types = Array.isArray(type) ? type : [type]
  for (const each of types) {
    if (typeof each !== 'string') say.error(`${about}.type`, `expected a type of attributes, found ${found(each)}`)
    else if (known.source !== undefined && !known.types.has(each)) {
      say.error(`${about}.type`, `"${each}" is no type of attributes in ${known.source}: MISP cannot save it${known.typeLike(each)}`)
    }
  }
  if (value === undefined || value === null || value === '') say.error(`${about}.value`, 'there is none: MISP cannot save the attribute')
  else if (typeof value === 'object') say.error(`${about}.value`, `expected a text, found ${found(value)}`)
  if (typeof category === 'string') checkCategory(category, types, `${about}.category`, known, say)
  if (data !== undefined && data !== null && !(typeof data === 'string' && isBase64(data))) say.error(`${about}.data`, `expected base64, found ${found(data)}`)
  checkTags(attribute, about, say)
}

function checkTags({ Tag: tags }: Item, about: string, say: Findings): void {
  if (tags === undefined || tags === null) return
  if (Array.isArray(tags) && tags.every((tag) => isObject(tag) && typeof tag['name'] === 'string' && tag['name'] !== '')) return
  say.error(`${about}.Tag`, `expected a list of {"name": ...}, found ${found(tags)}`)
}

function uuidsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(uuidsIn)
  if (!isObject(value)) return []
  const own = typeof value['uuid'] === 'string' ? [value['uuid']] : []
  return [...own, ...Object.values(value).flatMap(uuidsIn)]
}

function shown({ results, attributes, objects }: { results: Item; attributes: readonly Item[]; objects: readonly Item[] }): string[] {
  const references = objects.flatMap(({ ObjectReference: list }) => (Array.isArray(list) ? list : [])).length
  const tags = [results, ...attributes, ...objects.flatMap(({ Attribute: list }) => (Array.isArray(list) ? list.filter(isObject) : []))]
    .flatMap(({ Tag: list }) => (Array.isArray(list) ? list : [])).length
  const reports = Array.isArray(results['EventReport']) ? results['EventReport'].length : 0
  const lines = [
    ...(attributes.length > 0 ? [`${counted(attributes.length, 'attribute')}: ${tally(attributes.map(({ type }) => String(type)))}`] : []),
    ...(objects.length > 0 ? [`${counted(objects.length, 'object')}: ${tally(objects.map((object) => `${String(object['name'])} (${counted(lengthOf(object['Attribute']), 'attribute')})`))}`] : []),
    ...(references > 0 ? [counted(references, 'reference')] : []),
    ...(tags > 0 ? [counted(tags, 'tag')] : []),
    ...(reports > 0 ? [counted(reports, 'report')] : []),
  ]
  return lines.length === 0 ? ['no results'] : lines
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}
