import { isObject, isTexts } from './finding.ts'
import { isStandard, type Entry } from './attributes.ts'
import type { Knowledge } from './knowledge.ts'
import { hasData, sampleValue } from './sample_values.ts'

const ATTRIBUTE = '5b0e4a7c-1d2f-4c3e-9a6b-7f8090a1b2c3'
const OBJECT = '6c1f5b8d-2e30-4d4f-8b7c-80910b1c2d3e'
const EVENT = '7d206c9e-3f41-4e50-9c8d-91a21c2d3e4f'
const TITLE = 'A sample of malware'
const DATA = Buffer.from('sample\n').toString('base64')

/**
 * The request that MISP would send for the first input that a module declares; `small`: with no more of an event than a person wants
 * to read. undefined: it declares none to make one of.
 */
export function sampleBody(entry: Entry, known: Knowledge, { small = false } = {}): Readonly<Record<string, unknown>> | undefined {
  const attributes = isObject(entry.mispattributes) ? entry.mispattributes : {}
  const { config } = entry.meta
  // Settings that nobody has filled in are null.
  const settings = isTexts(config) ? { config: Object.fromEntries(config.map((name) => [name, null])) } : {}
  switch (entry.type) {
    case 'expansion':
      return expansion(entry, attributes['input'], settings, known)
    case 'import_mod':
      return { module: entry.name, event_id: '1', config: { ...settings.config, ...answers(attributes['userConfig']) }, data: DATA, filename: 'sample.txt' }
    case 'export_mod':
      return { module: entry.name, ...settings, data: [small ? smallEvent() : event()] }
    case 'action_mod':
      return { module: entry.name, data: small ? smallEvent() : event(), params: params(attributes['config']) }
  }
}

function expansion(entry: Entry, input: unknown, settings: object, known: Knowledge): Readonly<Record<string, unknown>> | undefined {
  const [type] = isTexts(input) ? [...input.filter((each) => known.types.has(each)), ...input] : []
  if (type === undefined) return undefined
  const data = hasData(type) ? { data: DATA } : {}
  if (!isStandard(entry)) return { module: entry.name, [type]: sampleValue(type), ...data, event_id: '1', attribute_uuid: ATTRIBUTE, ...settings }
  const [template] = known.types.has(type) ? [] : known.templates(type)
  if (template === undefined) return { module: entry.name, attribute: { ...attribute(type, known), ...data }, event_id: '1', ...settings }
  const inside = Object.entries(template.relations).slice(0, MOST_RELATIONS)
    .map(([relation, of]) => ({ ...attribute(of, known), object_relation: relation }))
  const object = { name: template.name, template_uuid: template.uuid, 'meta-category': template.category, uuid: OBJECT, event_id: '1', Attribute: inside }
  return { module: entry.name, object, event_id: '1', ...settings }
}

const MOST_RELATIONS = 5

function attribute(type: string, known: Knowledge): Readonly<Record<string, unknown>> {
  return {
    id: '1', event_id: '1', uuid: ATTRIBUTE, type, category: known.defaultCategory(type) ?? 'Other', value: sampleValue(type),
    to_ids: true, comment: '', timestamp: '1700000000', distribution: '5', deleted: false, disable_correlation: false,
  }
}

/** An event as exports and actions get it: old ones read the outer lists, newer ones the `Event`. */
function event(): Readonly<Record<string, unknown>> {
  const attributes = ['ip-dst', 'domain', 'md5'].map((type, at) => ({
    id: String(at + 1), uuid: `${ATTRIBUTE.slice(0, -1)}${at}`, type, category: type === 'md5' ? 'Payload delivery' : 'Network activity',
    value: sampleValue(type), to_ids: true, comment: '', timestamp: '1700000000', Tag: [],
  }))
  const about = { id: '1', uuid: EVENT, info: TITLE, date: '2024-01-01', threat_level_id: '4', analysis: '0', timestamp: '1700000000' }
  const organisation = { id: '1', name: 'sample', uuid: OBJECT }
  const lists = { Attribute: attributes, Object: [], Tag: [], Orgc: organisation }
  return { Event: { ...about, ...lists, Org: organisation }, ...lists }
}

function smallEvent(): Readonly<Record<string, unknown>> {
  return { Event: { info: TITLE }, Attribute: [{ type: 'domain', value: sampleValue('domain') }] }
}

/** What somebody who imports may answer: what the module says is the default, else something that fits the field. */
function answers(fields: unknown): Record<string, unknown> {
  if (!isObject(fields)) return {}
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => {
    const { type, checked, default: byDefault, options } = isObject(field) ? field : {}
    if (type === 'Boolean') return [name, checked === true || checked === 'true' ? '1' : '0']
    if (byDefault !== undefined) return [name, byDefault]
    if (type === 'Integer') return [name, '1']
    if (type === 'IP') return [name, sampleValue('ip-src')]
    if (type === 'Select' && isObject(options)) return [name, Object.keys(options)[0]]
    return [name, type === 'Select' && Array.isArray(options) ? options[0] : 'sample']
  }))
}

/** What a workflow's author may have filled in: what the module proposes. */
function params(config: unknown): Record<string, unknown> {
  const { params: declared } = isObject(config) ? config : {}
  if (!isObject(declared)) return {}
  return Object.fromEntries(Object.entries(declared).map(([name, param]) => [name, (isObject(param) ? param['value'] : undefined) ?? '']))
}
