import type { MispFacts, ObjectTemplate } from '../../sandboxes/python/misp_facts.ts'
import { didYouMean } from '../nearest.ts'

/** What MISP knows, for looking up. */
export interface Knowledge {
  /** Of what it is known: `pymisp 2.5.34`; undefined: no package tells it, and every name passes. */
  readonly source: string | undefined
  readonly types: ReadonlySet<string>
  readonly categories: ReadonlyMap<string, ReadonlySet<string>>
  /** Category that MISP gives to an attribute without one. */
  readonly defaultCategory: (type: string) => string | undefined
  readonly relationships: ReadonlySet<string>
  /** All versions of a template that are known, the one that counts first. */
  readonly templates: (nameOrUuid: string) => readonly ObjectTemplate[]
  /** `; did you mean "that"?` for a type or a template, or nothing. */
  readonly typeLike: (name: string) => string
  readonly templateLike: (name: string) => string
}

export function knowledge(facts: MispFacts | undefined): Knowledge {
  const types = facts?.types ?? []
  const templates = new Map<string, ObjectTemplate[]>()
  for (const template of facts?.templates ?? []) {
    for (const key of [template.name, template.uuid]) templates.set(key, [template, ...(templates.get(key) ?? [])])
  }
  const { defaults = {}, categories = {}, relationships = [] } = facts ?? {}
  const names = [...new Set((facts?.templates ?? []).map(({ name }) => name))]
  return {
    source: types.length === 0 ? undefined : `pymisp ${facts?.versions.pymisp}`,
    types: new Set(types),
    categories: new Map(Object.entries(categories).map(([name, of]) => [name, new Set(of)])),
    defaultCategory: (type) => defaults[type],
    relationships: new Set(relationships),
    templates: (nameOrUuid) => templates.get(nameOrUuid) ?? [],
    typeLike: (name) => likeness(name, types),
    templateLike: (name) => likeness(name, names),
  }
}

/** Names that go on where this one ends, such as ip-src for ip, else the one that is spelt most like it. */
function likeness(name: string, known: readonly string[]): string {
  const longer = known.filter((each) => each.startsWith(name) && /[-|]/.test(each[name.length] ?? ''))
  if (longer.length > 0) return `; there are: ${longer.slice(0, MOST_NAMED).join(', ')}`
  return name.length < SHORT ? '' : didYouMean(name, known)
}

const MOST_NAMED = 5
/** Between such short names everything is alike. */
const SHORT = 4
