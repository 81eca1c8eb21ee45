import { didYouMean } from '../nearest.ts'
import { isBase64 } from './answer_data.ts'
import { found, isObject, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'

export interface SimpleCheck {
  readonly results: readonly unknown[]
  /** Types of `mispattributes.output`. */
  readonly declared: readonly string[]
  readonly known: Knowledge
  readonly say: Findings
}

const KEYS = ['types', 'type', 'values', 'categories', 'tags', 'comment', 'to_ids', 'data', 'data_is_handled', 'distribution']

/** `[{types, values, ...}]`. Gives what MISP would show. */
export function checkSimple({ results, declared, known, say }: SimpleCheck): string[] {
  if (results.length === 0) return ['no results']
  const shown = new Map<string, number>()
  for (const [at, result] of results.entries()) {
    const about = `answer.results[${at}]`
    if (!isObject(result)) {
      say.error(about, `expected {types, values}, found ${found(result)}`)
      continue
    }
    const types = listOf(result['types'] ?? result['type'])
    checkTypes(types, `${about}.types`, { declared, known, say })
    const values = valuesOf(result['values'], `${about}.values`, say)
    checkRest(result, types, about, known, say)
    const label = types.length === 1 ? String(types[0]) : `one of ${types.join(', ')}`
    if (types.length > 0 && values > 0) shown.set(label, (shown.get(label) ?? 0) + values)
  }
  const total = [...shown.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return ['nothing']
  return [`${total} ${total === 1 ? 'value' : 'values'} to choose from: ${[...shown].map(([label, count]) => `${count} ${label}`).join('; ')}`]
}

function checkTypes(types: readonly unknown[], about: string, { declared, known, say }: Pick<SimpleCheck, 'declared' | 'known' | 'say'>): void {
  if (types.length === 0) return say.error(about, 'there is none: MISP cannot tell what the values are')
  for (const type of types) {
    if (typeof type !== 'string') say.error(about, `expected types of attributes, found ${found(type)}`)
    else if (known.source !== undefined && type !== 'freetext' && !known.types.has(type)) {
      say.error(about, `"${type}" is no type of attributes in ${known.source}: MISP cannot save the value${known.typeLike(type)}`)
    } else if (declared.length > 0 && !declared.includes(type)) {
      say.warning(about, `"${type}" is not in mispattributes.output (${declared.join(', ')})`)
    }
  }
}

/** How many of the values MISP takes. */
function valuesOf(values: unknown, about: string, say: Findings): number {
  const list = isObject(values) ? Object.values(values) : listOf(values)
  if (list.length === 0) say.note(about, 'there is none')
  const empty = list.filter((value) => value === '' || value === null || value === undefined)
  if (empty.length > 0) say.warning(about, `${empty.length} of ${list.length} are empty: MISP drops them`)
  for (const value of list) {
    if (typeof value === 'object' && value !== null) {
      say.warning(about, `expected texts, found ${found(value)}`)
      break
    }
  }
  return list.length - empty.length
}

function checkRest(result: Readonly<Record<string, unknown>>, types: readonly unknown[], about: string, known: Knowledge, say: Findings): void {
  for (const key of Object.keys(result).filter((each) => !KEYS.includes(each))) {
    say.warning(`${about}.${key}`, `MISP does not read this key${didYouMean(key, KEYS)} there are: ${KEYS.join(', ')}`)
  }
  const { comment, data, categories } = result
  if (comment !== undefined && comment !== null && typeof comment !== 'string') say.warning(`${about}.comment`, `expected a text, found ${found(comment)}`)
  if (data !== undefined && data !== null && !(typeof data === 'string' && isBase64(data))) say.error(`${about}.data`, `expected base64, found ${found(data)}`)
  for (const category of listOf(categories)) {
    if (typeof category === 'string') checkCategory(category, types, `${about}.categories`, known, say)
    else say.warning(`${about}.categories`, `expected texts, found ${found(category)}`)
  }
}

/** Whether MISP has the category, and any of the types in it. */
export function checkCategory(category: string, types: readonly unknown[], about: string, known: Knowledge, say: Findings): void {
  if (known.source === undefined) return
  const of = known.categories.get(category)
  if (of === undefined) {
    say.error(about, `"${category}" is no category in ${known.source}${didYouMean(category, [...known.categories.keys()])}`)
  } else if (types.length > 0 && !types.some((type) => type === 'freetext' || of.has(String(type)))) {
    say.warning(about, `the category "${category}" does not take ${types.join(', ')}`)
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
