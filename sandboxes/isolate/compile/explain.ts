import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { RolldownLog } from 'rolldown'
import type { LoadFailure } from '../../contract.ts'
import { shellWord } from '../../shell_word.ts'
import type { Inputs } from './inputs.ts'
import { isBuiltin, packageName, packageOf } from './packages.ts'

/** The reason among rolldown's reports: what keeps a module from being bundled, in one line. undefined: nothing does. */
export function explain(errors: readonly RolldownLog[], logs: readonly RolldownLog[], inputs: Inputs): LoadFailure | undefined {
  const unresolved = [...errors, ...logs].filter(({ code }) => code === UNRESOLVED)
  const others = errors.filter(({ code }) => code !== UNRESOLVED)
  for (const log of [...others.filter(({ code }) => code === 'PARSE_ERROR'), ...others]) return fromReport(log, inputs)
  const reasons = unresolved.flatMap((log) => notFound(log, inputs) ?? [])
  // One that can be installed is not what keeps the module from loading where there is another that cannot.
  return reasons.find(({ missing }) => missing === undefined) ?? reasons[0]
}

const UNRESOLVED = 'UNRESOLVED_IMPORT'

function fromReport(log: RolldownLog, inputs: Inputs): LoadFailure {
  const [first = '', ...frame] = stripVTControlCharacters(log.message).split('\n')
  const said = first.replace(/^\[[A-Z_]+\]\s*/, '')
  // Why is written below the source.
  const why = said.startsWith('Could not resolve') ? /╰─+ (.+)/.exec(frame.join('\n'))?.[1] : undefined
  const kind = log.code === 'PARSE_ERROR' ? 'SyntaxError: ' : ''
  const text = TEXTS[log.code ?? ''] ?? (why === undefined ? said : `${said}: ${why}`)
  return { error: `${kind}${text.slice(0, 1000)}${at(log, inputs)}`, ...place(log, inputs), ...traceOf(frame) }
}

/** What rolldown says of its own options is no use to an author. */
const TEXTS: Readonly<Record<string, string>> = {
  INVALID_TLA_FORMAT: 'await at the top level of a file is not possible in a module: await in the handler',
}

function notFound(log: RolldownLog, inputs: Inputs): LoadFailure | undefined {
  const { id: importer = '', exporter: source = '' } = log
  if (inputs.isLate(importer, source)) return undefined
  const who = inputs.whose(importer)
  const where = packageOf(importer) === undefined ? '' : at(log, inputs)
  if (isBuiltin(source)) {
    return { error: `${who} imports "${source}"${where}, which modules do not have; ${INSTEAD}`, ...place(log, inputs) }
  }
  const missing = packageName(source)
  if (missing === undefined || source.startsWith('.')) return { error: `${who} imports "${source}"${where}, and there is no such file`, ...place(log, inputs) }
  if (isInstalled(missing, importer)) {
    return { error: `${who} imports "${source}"${where}, which the package "${missing}" that is installed does not have`, ...place(log, inputs) }
  }
  return {
    error: `${who} imports "${source}"${where}, and that package is not installed`,
    ...place(log, inputs),
    missing,
    install: `npm install --prefix ${shellWord(inputs.home(importer))} ${shellWord(missing)}`,
  }
}

const INSTEAD = 'packages work that need none of Node\'s own modules, and the network is reached with fetch and context.dns'

function isInstalled(name: string, importer: string): boolean {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true
    if (folder === dirname(folder)) return false
  }
}

function place({ id, loc }: RolldownLog, inputs: Inputs): Pick<LoadFailure, 'file' | 'line'> {
  const file = loc?.file ?? id
  return { ...(file !== undefined && { file: inputs.shown(file) }), ...(loc !== undefined && { line: loc.line }) }
}

function at({ id, loc }: RolldownLog, inputs: Inputs): string {
  if (loc === undefined) return id === undefined ? '' : ` (${inputs.name(id)})`
  return ` (${inputs.name(loc.file ?? id ?? '')}:${loc.line}:${loc.column + 1})`
}

/** The lines of source that rolldown shows; of a file in one line only as much as can be read. */
function traceOf(frame: readonly string[]): Pick<LoadFailure, 'trace'> {
  const trace = frame.filter((line) => line.trim() !== '').map((line) => line.slice(0, 200)).join('\n').slice(0, 3000)
  return trace === '' ? {} : { trace }
}
