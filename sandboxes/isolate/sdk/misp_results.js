import { kindOf } from './answers.js'

export function objectTemplate(template) {
  for (const [key, type] of Object.entries({ name: 'string', uuid: 'string', version: 'number', metaCategory: 'string', attributes: 'object' })) {
    const found = template?.[key]
    if (typeof found !== type || found === null || found === '') {
      throw new TypeError(`"${key}" of an object template should be a ${type}, and is ${kindOf(found)}`)
    }
  }
  for (const [relation, what] of Object.entries(template.attributes)) {
    if (typeof typeOf(what) !== 'string') throw new TypeError(`"${relation}" of the template "${template.name}" should be an attribute type or have one in "type"`)
  }
  return template
}

export function mispResults(asked) {
  const attributes = new Map()
  const objects = []
  const eventTags = new Set()
  const tags = new Map()

  const tag = (name, attribute) => {
    if (typeof name !== 'string' || name === '') throw new TypeError(`a tag should be a text, and is ${kindOf(name)}`)
    if (attribute === undefined) return void eventTags.add(name)
    if (attribute.uuid !== asked?.uuid && ![...attributes.values()].includes(attribute)) {
      throw new TypeError(`the tag "${name}" is for an attribute that is not in this answer; there are ${attributes.size}`)
    }
    tags.set(attribute.uuid, new Set([...(tags.get(attribute.uuid) ?? []), name]))
  }

  const attribute = (type, value, { tags: names = [], ...fields } = {}) => {
    if (typeof type !== 'string' || type === '') throw new TypeError(`the type of an attribute should be a text, and is ${kindOf(type)}`)
    const text = textOf(value)
    if (text === undefined) throw new TypeError(`the value of an attribute (${type}) should be a text, and is ${kindOf(value)}`)
    const key = JSON.stringify([type, text])
    const added = attributes.get(key) ?? { uuid: crypto.randomUUID(), type, value: text, ...fields }
    attributes.set(key, added)
    for (const name of names) tag(name, added)
    return added
  }

  const object = (template, fields = {}) => {
    const made = newObject(template, fields)
    objects.push(made.content)
    return made.builder
  }

  const answer = () => {
    const filled = objects.filter(({ Attribute }) => Attribute.length > 0)
    const dropped = new Set(objects.filter((each) => !filled.includes(each)).map(({ uuid }) => uuid))
    const Object = filled.map((each) => withReferences(each, dropped))
    const referred = Object.some(({ ObjectReference = [] }) => ObjectReference.some(({ referenced_uuid: uuid }) => uuid === asked?.uuid))
    const withAsked = asked !== undefined && (referred || tags.has(asked.uuid))
    const Attribute = [...(withAsked ? [withoutRest(asked)] : []), ...attributes.values()].map((each) => withTags(each, tags.get(each.uuid)))
    const results = {}
    if (Attribute.length > 0) results.Attribute = Attribute
    if (Object.length > 0) results.Object = Object
    if (eventTags.size > 0) results.Tag = [...eventTags].map((name) => ({ name }))
    return { results }
  }

  return { attribute, object, tag, answer }
}

function newObject(template, { comment }) {
  const uuid = crypto.randomUUID()
  const content = {
    uuid,
    name: template.name,
    'meta-category': template.metaCategory,
    ...(template.description === undefined ? {} : { description: template.description }),
    template_uuid: template.uuid,
    template_version: String(template.version),
    ...(comment === undefined ? {} : { comment }),
    Attribute: [],
    ObjectReference: [],
  }
  const builder = {
    uuid,
    add(relation, value, fields = {}) {
      if (!Object.hasOwn(template.attributes, relation)) {
        throw new TypeError(`the template "${template.name}" has no relation "${relation}" here; it has ${Object.keys(template.attributes).join(', ')}`)
      }
      for (const text of [value].flat().map(textOf)) {
        if (text !== undefined) content.Attribute.push(objectAttribute(relation, text, template.attributes[relation], fields))
      }
      return builder
    },
    refer(target, relationship, comment) {
      if (typeof target?.uuid !== 'string') throw new TypeError(`a reference should be to something with a uuid, and is to ${kindOf(target)}`)
      content.ObjectReference.push({
        uuid: crypto.randomUUID(), object_uuid: uuid, referenced_uuid: target.uuid, relationship_type: relationship,
        ...(comment === undefined ? {} : { comment }),
      })
      return builder
    },
  }
  return { content, builder }
}

function objectAttribute(relation, value, declared, fields) {
  const { tags = [], ...rest } = { ...(typeof declared === 'string' ? {} : declared), ...fields }
  const attribute = { uuid: crypto.randomUUID(), object_relation: relation, ...rest, type: typeOf(declared), value }
  return withTags(attribute, new Set(tags))
}

function typeOf(declared) {
  return typeof declared === 'string' ? declared : declared?.type
}

/** What stands for nothing is undefined, so that optional values can be added without asking first. */
function textOf(value) {
  if (value === undefined || value === null || value === '') return undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw new TypeError(`a value should be a text, number, boolean or Date, and is ${kindOf(value)}`)
  return String(value)
}

function withReferences(object, dropped) {
  const { ObjectReference, ...rest } = object
  const kept = ObjectReference.filter(({ referenced_uuid: uuid }) => !dropped.has(uuid))
  return kept.length > 0 ? { ...rest, ObjectReference: kept } : rest
}

/** MISP sends the whole row of its table; only what describes the value comes back. */
function withoutRest({ uuid, type, value, category, to_ids, comment, Tag }) {
  const fields = { uuid, type, value, category, to_ids, comment, Tag }
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined && field !== null))
}

function withTags(attribute, names = new Set()) {
  if (names.size === 0) return attribute
  const before = attribute.Tag ?? []
  const more = [...names].filter((name) => !before.some((tag) => tag.name === name))
  return { ...attribute, Tag: [...before, ...more.map((name) => ({ name }))] }
}
