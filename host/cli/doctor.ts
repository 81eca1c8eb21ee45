import type { Config } from '../config/config.ts'
import type { Check } from '../doctor/check.ts'
import { checkAll } from '../doctor/checks.ts'
import { silentLog } from './command_log.ts'
import { interruption } from './interruption.ts'
import { printable } from './printable.ts'
import { plainTable } from './table.ts'
import { whileWaiting } from './waiting.ts'

export interface DoctorOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly json: boolean
}

/** `doctor`: everything needed and whether it is there. Returns the exit status: 1 where something needed is missing. Rejects with Interrupted. */
export async function doctor({ config, environment, json }: DoctorOptions): Promise<number> {
  using interrupted = interruption()
  // What would be logged is in the checks.
  const work = checkAll({ config, environment, log: silentLog(), signal: interrupted.signal })
  const checks = await whileWaiting('looking at what there is', interrupted.orElse(work))
  process.stdout.write(json ? `${JSON.stringify(checks, null, 2)}\n` : text(checks))
  return checks.some(({ verdict }) => verdict === 'missing') ? 1 : 0
}

/** Never wrapped: a command that is broken over lines cannot be copied. */
function text(checks: readonly Check[]): string {
  const rows = checks.map((check) => [check.verdict, check.what, sentence(check)].map(printable))
  return `${plainTable({ head: ['', 'check', 'found'], rows, columns: undefined })}\n\n${summary(checks)}\n`
}

function sentence({ found, needed, mend }: Check): string {
  return `${found}${needed === undefined ? '' : `; needed: ${needed}`}${mend === undefined ? '' : `; mend it with: ${mend}`}`
}

function summary(checks: readonly Check[]): string {
  const missing = checks.filter(({ verdict }) => verdict === 'missing').map(({ what }) => what)
  const warned = checks.filter(({ verdict }) => verdict === 'warn').map(({ what }) => what)
  const less = warned.length === 0 ? '' : ` Less than it could be: ${warned.join(', ')}.`
  return missing.length === 0 ? `Everything that serving needs is there.${less}` : `Serving needs what is missing: ${missing.join(', ')}.${less}`
}
