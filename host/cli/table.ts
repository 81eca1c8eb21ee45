import Table from 'cli-table3'

export interface TableParts {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Width of the terminal. undefined: no terminal, nothing is wrapped. */
  readonly columns: number | undefined
}

/** A table without lines: columns by spaces, which `grep`, `awk` and people read. Wide columns are wrapped to fit a terminal. */
export function plainTable({ head, rows, columns }: TableParts): string {
  const table = new Table({ head: [...head], chars: NO_LINES, style: { 'head': [], 'border': [], 'padding-left': 0, 'padding-right': PADDING } })
  const widths = columns === undefined ? [] : fitting(naturalWidths([head, ...rows]), columns)
  for (const row of rows) table.push(row.map((text, column) => wrapped(text, (widths[column] ?? Infinity) - PADDING)))
  return table.toString().replace(/ +$/gm, '')
}

const NO_LINES = {
  'top': '', 'top-mid': '', 'top-left': '', 'top-right': '',
  'bottom': '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  'left': '', 'left-mid': '', 'mid': '', 'mid-mid': '', 'right': '', 'right-mid': '', 'middle': ' ',
}
const PADDING = 1
const GAP = 1
/** No column is made narrower than this. */
const NARROW = 12

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  const longest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length))
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => longest(row[column] ?? ''))) + PADDING)
}

/** Breaks lines at spaces, and within words only where one is longer than a line. */
function wrapped(text: string, width: number): string {
  if (width === Infinity) return text
  const pattern = new RegExp(`(?! ).{1,${width}}(?= |$)|[^ ]{1,${width}}`, 'g')
  const lines = text.split('\n').flatMap((line) => (line.length <= width ? [line] : line.match(pattern) ?? []))
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** Takes from the widest column, one by one, until the whole fits. */
function fitting(widths: readonly number[], columns: number): number[] {
  const fitted = [...widths]
  const room = columns - GAP * (widths.length - 1)
  for (let excess = fitted.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess -= 1) {
    const widest = fitted.indexOf(Math.max(...fitted))
    if ((fitted[widest] ?? 0) <= NARROW) break
    fitted[widest] = (fitted[widest] ?? 0) - 1
  }
  return fitted
}
