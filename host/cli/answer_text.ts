import { printable } from './printable.ts'
import { plainTable } from './table.ts'
import { treeLines } from './tree.ts'

/** A parsed answer of a module for people: both result formats as tables, an export's data as its text, the rest as a tree. */
export function answerText(answer: unknown, columns: number | undefined): string {
  if (!isObject(answer)) return `${printable(JSON.stringify(answer))}\n`
  const parts = Object.entries(answer).map(([key, value]) => {
    if (key === 'error') return ''
    if (key === 'results') return resultsText(value, columns)
    if (key === 'data' && typeof value === 'string') return dataText(value)
    // What an export keeps for clients of old.
    if (key === 'response' && Array.isArray(value) && value.length === 0) return ''
    return lines(treeLines({ [key]: value }))
  })
  return parts.join('')
}

function resultsText(results: unknown, columns: number | undefined): string {
  if (Array.isArray(results)) return results.length === 0 ? 'no results\n' : oldStyle(results, columns)
  if (isObject(results) && ('Attribute' in results || 'Object' in results)) return mispStandard(results, columns)
  return lines(treeLines({ results }))
}

/** `[{types, values, comment?, ...}]`. */
function oldStyle(results: readonly unknown[], columns: number | undefined): string {
  if (!results.every(isObject)) return lines(treeLines({ results }))
  const rows = results.map(({ type, types = type, values, ...others }) => ({ types, values, ...others }))
  return objectsTable(rows, ['types', 'values', ...new Set(rows.flatMap((row) => Object.keys(row)))], columns)
}

/** `{Attribute: [...], Object: [...], ...}`, as MISP stores them. */
function mispStandard({ Attribute: attributes = [], Object: objects = [], ...others }: Record<string, unknown>, columns: number | undefined): string {
  const known = listOf(attributes)
  const parts = [
    ...(known.length > 0 ? ['Attributes\n', attributesTable(known, columns)] : []),
    ...listOf(objects).flatMap((object) => objectText(object, columns)),
    ...(Object.keys(others).length > 0 ? [lines(treeLines(others))] : []),
  ]
  return parts.join('') || 'no results\n'
}

function objectText(object: Record<string, unknown>, columns: number | undefined): string[] {
  const { name, comment, uuid, Attribute: attributes, ObjectReference: references } = object
  const about = [name, comment].filter(Boolean).map((part) => line(part)).join(': ')
  return [
    `\nObject ${about}${uuid === undefined ? '' : ` (${line(uuid)})`}\n`,
    attributesTable(listOf(attributes), columns),
    ...listOf(references).map((to) => `  ${line(to['relationship_type'] ?? 'refers to')} ${line(to['referenced_uuid'])}\n`),
  ]
}

/** Ids and times are left out: nobody reads them, and `--json` has them. */
const ATTRIBUTE_COLUMNS = ['object_relation', 'type', 'value', 'category', 'to_ids', 'comment', 'data', 'tags']

function attributesTable(attributes: readonly Record<string, unknown>[], columns: number | undefined): string {
  const rows = attributes.map(({ Tag: tags, ...attribute }) => ({
    ...attribute,
    ...(Array.isArray(tags) && tags.length > 0 ? { tags: listOf(tags).map(({ name }) => line(name)) } : {}),
  }))
  return objectsTable(rows, ATTRIBUTE_COLUMNS, columns)
}

/** A row for each object; columns that no object has are left out. */
function objectsTable(objects: readonly Record<string, unknown>[], wanted: readonly string[], columns: number | undefined): string {
  const head = [...new Set(wanted)].filter((key) => objects.some((object) => !isEmpty(object[key])))
  const rows = objects.map((object) => head.map((key) => (key === 'data' ? sizeOf(object[key]) : cell(object[key]))))
  return rows.length === 0 ? '' : `${plainTable({ head: head.map(printable), rows, columns })}\n`
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.map(line).join('\n')
  return typeof value === 'object' ? treeLines(value).join('\n') : line(value)
}

function sizeOf(data: unknown): string {
  return typeof data === 'string' ? `${Buffer.from(data, 'base64').length} bytes` : cell(data)
}

/** What an export made: its text where it is one. */
function dataText(data: string): string {
  const bytes = Buffer.from(data, 'base64')
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === data.replace(/\s+|=+$/g, '')
  const text = bytes.toString('utf8')
  if (!isBase64) return lines(treeLines({ data }))
  if (text.includes('\ufffd') || text.includes('\0')) return `data: ${bytes.length} bytes that are no text (--json has them, in base64)\n`
  return `data: ${bytes.length} bytes\n${printable(text)}${text === '' || text.endsWith('\n') ? '' : '\n'}`
}

function line(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value) ?? '')
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

function listOf(value: unknown): Record<string, unknown>[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
