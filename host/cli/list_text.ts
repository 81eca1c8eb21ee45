import type { ListRow } from './list_rows.ts'
import { printable } from './printable.ts'
import { plainTable } from './table.ts'

export interface ListTextOptions {
  /** What the counts are about. */
  readonly all: readonly ListRow[]
  /** The rows are those that are not loaded. */
  readonly failed: boolean
  readonly columns: number | undefined
}

/** The table of modules, then how many there are and what mends the others. */
export function listText(rows: readonly ListRow[], { all, failed, columns }: ListTextOptions): string {
  const table = failed
    ? plainTable({ head: ['module', 'type', 'file', 'reason', 'mend it with'], rows: rows.map(failedCells), columns })
    : plainTable({ head: ['module', 'type', 'loaded', 'works without', 'remarks'], rows: rows.map(cells), columns })
  return `${rows.length === 0 ? '' : `${table}\n\n`}${summary(all, failed)}\n`
}

function cells(row: ListRow): string[] {
  const { name, type, file, builtin } = row
  const from = builtin ? [] : [`from ${file}`]
  const remarks = row.loaded ? [row.worksWithout.limit, taking(row.settings), ...from] : [row.reason, ...from]
  return [name, type, row.loaded ? 'yes' : 'no', row.loaded ? without(row.worksWithout) : '', remarks.filter(Boolean).join('; ')].map(printable)
}

function failedCells(row: ListRow): string[] {
  return [row.name, row.type, row.file, ...(row.loaded ? [] : [row.reason, row.mend ?? ''])].map(printable)
}

function without({ key, network }: { readonly key: boolean; readonly network: boolean | undefined }): string {
  return [...(key ? ['key'] : []), ...(network === true ? ['network'] : network === undefined ? ['network?'] : [])].join(', ')
}

function taking(settings: readonly string[]): string {
  const more = settings.length - MOST_SETTINGS
  return settings.length === 0 ? '' : `takes ${settings.slice(0, MOST_SETTINGS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const MOST_SETTINGS = 4

function summary(all: readonly ListRow[], failed: boolean): string {
  const loaded = all.filter((row) => row.loaded)
  const count = `${loaded.length} modules are loaded, ${all.length - loaded.length} are not.`
  if (failed) return [count, ...mending(all)].join('\n')
  const free = loaded.filter((row) => row.worksWithout.key && row.worksWithout.network === true).length
  const unknown = loaded.some((row) => row.worksWithout.network === undefined)
  return [
    `${count} ${free} answer without a key and without a network.`,
    'key: none of its settings looks like a credential; whether one is required no module says.',
    ...(unknown ? ['network?: nobody has tried without one.'] : []),
    ...mending(all),
  ].join('\n')
}

function mending(all: readonly ListRow[]): string[] {
  const commands = new Set(all.flatMap((row) => (row.loaded || row.mend === undefined ? [] : [row.mend])))
  return commands.size === 0 ? [] : ['What mends the others:', ...[...commands].sort().map((command) => `  ${command}`)]
}
