import { found, isObject, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'
import type { ObjectTemplate } from '../../sandboxes/python/misp_facts.ts'

export interface ObjectCheck {
  readonly known: Knowledge
  readonly say: Findings
  /** What a reference may lead to. */
  readonly uuids: ReadonlySet<string>
}

type Item = Readonly<Record<string, unknown>>

/** One object of an answer against its template. Its attributes are checked as attributes elsewhere. */
export function checkObject(object: Item, about: string, { known, say, uuids }: ObjectCheck): void {
  const { name } = object
  if (typeof name !== 'string' || name === '') return say.error(`${about}.name`, `expected the name of an object template, found ${found(name)}`)
  for (const key of ['meta-category', 'template_uuid', 'template_version']) {
    if (object[key] === undefined) say.warning(`${about}.${key}`, `there is none: MISP ties an object to its template by meta-category, template_uuid and template_version`)
  }
  const templates = templatesOf(object, known)
  if (known.source !== undefined) {
    if (templates.length === 0) {
      say.warning(`${about}.name`, `there is no object template "${name}" in ${known.source} or misp-modules${known.templateLike(name)}`)
    } else {
      checkRelations(object, about, templates, say)
    }
  }
  checkReferences(object['ObjectReference'], `${about}.ObjectReference`, { known, say, uuids })
}

/** All versions that are known of an object's template: that of a name, where the uuid does not lead to another. */
function templatesOf({ name, template_uuid: uuid }: Item, known: Knowledge): readonly ObjectTemplate[] {
  const byUuid = typeof uuid === 'string' ? known.templates(uuid) : []
  return byUuid.length > 0 ? byUuid : known.templates(String(name))
}

function checkRelations({ name, Attribute: list }: Item, about: string, templates: readonly ObjectTemplate[], say: Findings): void {
  const [template] = templates
  if (template === undefined) return
  if (template.name !== name) say.error(`${about}.template_uuid`, `it is that of "${template.name}", the object is called ${found(name)}`)
  const attributes = Array.isArray(list) ? list.filter(isObject) : []
  if (attributes.length === 0) return say.error(`${about}.Attribute`, 'the object has no attributes: MISP does not save it')
  const relations = attributes.map(({ object_relation: relation }) => relation)
  for (const [at, { object_relation: relation, type }] of attributes.entries()) {
    const where = `${about}.Attribute[${at}]`
    const types = templates.flatMap(({ relations: of }) => (typeof relation === 'string' && of[relation] !== undefined ? [of[relation]] : []))
    if (types.length === 0) {
      const known = Object.keys(template.relations).sort().join(', ')
      say.error(`${where}.object_relation`, `expected a relation of the template "${template.name}", found ${found(relation)}; there are: ${known}`)
    } else if (!types.includes(String(type))) {
      say.warning(`${where}.type`, `the template "${template.name}" has ${[...new Set(types)].join(' or ')} for ${String(relation)}, found ${found(type)}`)
    }
  }
  const missing = template.required.filter((relation) => !relations.includes(relation))
  if (missing.length > 0) say.error(`${about}.Attribute`, `the template "${template.name}" requires ${missing.join(', ')}`)
  const oneOf = template.requiredOneOf
  if (oneOf.length > 0 && !oneOf.some((relation) => relations.includes(relation))) {
    say.error(`${about}.Attribute`, `the template "${template.name}" requires one of ${oneOf.join(', ')}`)
  }
}

function checkReferences(references: unknown, about: string, { known, say, uuids }: ObjectCheck): void {
  if (references === undefined || references === null) return
  if (!Array.isArray(references)) return say.error(about, `expected a list, found ${found(references)}`)
  for (const [at, reference] of references.entries()) {
    const { referenced_uuid: uuid, relationship_type: relationship } = Object(reference) as Item
    if (typeof uuid !== 'string') say.error(`${about}[${at}].referenced_uuid`, `expected a uuid, found ${found(uuid)}`)
    else if (!uuids.has(uuid)) say.warning(`${about}[${at}].referenced_uuid`, `${uuid} is neither in the answer nor in the request: MISP cannot follow it`)
    if (typeof relationship !== 'string' || relationship === '') {
      say.error(`${about}[${at}].relationship_type`, `expected a relationship such as "related-to", found ${found(relationship)}`)
    } else if (known.source !== undefined && !known.relationships.has(relationship)) {
      say.note(`${about}[${at}].relationship_type`, `"${relationship}" is none of the relationships in ${known.source}`)
    }
  }
}
