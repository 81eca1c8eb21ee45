import { ModuleError } from 'misp-module-host/sdk'

/**
 * The rows of a table in text: RFC 4180, with any separator of one character. Values may be in quotes, and then hold separators, line ends
 * and doubled quotes. Lines that are empty or begin with `#` are left out. Throws ModuleError where a quote is never closed.
 */
export function csvRows(text: string, separator: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    if (row.length === 0 && text[at] === '#') {
      at = endOfLine(text, at) + 1
      continue
    }
    const { value, next } = text[at] === '"' ? quoted(text, at) : plain(text, at, separator)
    row.push(value)
    at = next
    if (text[at] === separator) {
      at++
      if (at === text.length) row.push('')
      continue
    }
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (row.some((each) => each !== '')) rows.push(row)
    row = []
  }
  if (row.some((each) => each !== '')) rows.push(row)
  return rows
}

/** What is most often in the first line of the characters that tables are separated by. */
export function separatorOf(text: string): string {
  const first = text.split(/\r?\n/).find((line) => line !== '' && !line.startsWith('#')) ?? ''
  const counted = [',', ';', '\t', '|'].map((separator) => ({ separator, times: first.split(separator).length }))
  return counted.toSorted((a, b) => b.times - a.times)[0]?.separator ?? ','
}

function plain(text: string, from: number, separator: string): { value: string; next: number } {
  let next = from
  while (next < text.length && text[next] !== separator && text[next] !== '\n' && text[next] !== '\r') next++
  return { value: text.slice(from, next).trim(), next }
}

function quoted(text: string, from: number): { value: string; next: number } {
  let value = ''
  for (let at = from + 1; ; ) {
    const quote = text.indexOf('"', at)
    if (quote < 0) throw new ModuleError(`The quote in line ${text.slice(0, from).split('\n').length} is never closed.`)
    value += text.slice(at, quote)
    if (text[quote + 1] !== '"') return { value, next: quote + 1 }
    value += '"'
    at = quote + 2
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
