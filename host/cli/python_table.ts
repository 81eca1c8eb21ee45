import type { LoadFailure, ModuleType } from '../../sandboxes/contract.ts'
import { diagnose, aptLine, type DiagnosisOptions } from '../../sandboxes/python/diagnose.ts'
import type { FailedRequirement } from '../../sandboxes/python/install_each.ts'
import { printable } from './printable.ts'
import { plainTable } from './table.ts'

/** One module as describing found it. */
export interface ModuleState {
  readonly module: string
  readonly type: ModuleType
  readonly loaded: boolean
  readonly failure?: LoadFailure
}

export interface TableOptions extends DiagnosisOptions {
  /** Debian packages that are not installed. undefined: not a Debian. */
  readonly missingSystem: readonly string[] | undefined
  /** Requirements that an install could not have. */
  readonly failed: readonly FailedRequirement[]
  /** Width of the terminal. undefined: no terminal, nothing is wrapped. */
  readonly columns: number | undefined
}

/** A line for each module: does it load, what is missing, the command that mends it; then the commands together. */
export function moduleTable(states: readonly ModuleState[], options: TableOptions): string {
  const rows = states.map((state) => toRow(state, options)).sort((a, b) => (a.module < b.module ? -1 : 1))
  const cells = rows.map((row) => [row.module, row.type, row.loads, row.missing, row.command].map(printable))
  const table = plainTable({ head: ['module', 'type', 'loads', 'missing', 'command'], rows: cells, columns: options.columns })
  return `${table}\n${summary(rows, options)}\n`
}

interface Row {
  readonly module: string
  readonly type: string
  readonly loads: 'yes' | 'no'
  readonly missing: string
  readonly command: string
}

function toRow({ module, type, loaded, failure }: ModuleState, options: TableOptions): Row {
  const row = { module, type, loads: loaded ? 'yes' : 'no' } as const
  if (loaded) return { ...row, ...missingForQueries(module, options) }
  const fix = failure === undefined ? undefined : diagnose(failure, options)
  return { ...row, missing: fix?.what ?? failure?.error ?? 'unknown', command: fix?.command ?? '' }
}

/** A module may load and still lack a program that its queries start. */
function missingForQueries(module: string, { tables, missingSystem = [] }: TableOptions): Pick<Row, 'missing' | 'command'> {
  const packages = tables.system
    .filter((row) => row.for === 'query' && row.modules.includes(module) && missingSystem.includes(row.package))
    .map((row) => row.package)
  return packages.length === 0
    ? { missing: '', command: '' }
    : { missing: `${packages.join(', ')} (for some queries)`, command: aptLine(packages) }
}

function summary(rows: readonly Row[], options: TableOptions): string {
  const loaded = rows.filter(({ loads }) => loads === 'yes').length
  const commands = new Set(rows.map(({ command }) => command).filter(Boolean))
  return [
    `${loaded} of ${rows.length} modules load.`,
    ...options.failed.map(({ requirement, reason }) => `Not installed: ${requirement} (${reason})`),
    ...(commands.size === 0 ? [] : ['What mends the rest:', ...[...commands].sort().map((command) => `  ${command}`)]),
  ].join('\n')
}
