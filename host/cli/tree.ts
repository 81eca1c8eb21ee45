import { printable } from './printable.ts'

/** Longest text that is shown whole, in characters. */
const LONGEST = 2000

/** Any JSON value as indented lines, `key: value` and `- item`. */
export function treeLines(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listed)
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, item]) => branch(printable(key), item))
  return leaf('', value)
}

function branch(key: string, value: unknown): string[] {
  if (value === null || typeof value !== 'object') return leaf(`${key}: `, value)
  const below = treeLines(value)
  return below.length === 0 ? [`${key}: ${Array.isArray(value) ? '[]' : '{}'}`] : [`${key}:`, ...below.map((text) => `  ${text}`)]
}

function listed(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return leaf('- ', value)
  const [first = Array.isArray(value) ? '[]' : '{}', ...rest] = treeLines(value)
  return [`- ${first}`, ...rest.map((text) => `  ${text}`)]
}

/** Further lines of a text stand under its first. */
function leaf(before: string, value: unknown): string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}... (${text.length} characters; --json has all)` : text
  const [first = '', ...rest] = printable(shown).split('\n')
  return [`${before}${first}`, ...rest.map((each) => `${' '.repeat(before.length)}${each}`)]
}
