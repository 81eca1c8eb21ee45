import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Programs that nobody should trust. */
export const COMMAND_MODULES = fileURLToPath(new URL('../fixtures/hostile_command', import.meta.url))

/** Names of those of one form. */
export function commandModules(form: 'once' | 'frames'): string[] {
  const names = readdirSync(join(COMMAND_MODULES, 'expansion')).filter((name) => name.startsWith(`${form}_`))
  return names.map((name) => name.replace('.module.json', ''))
}

/** Command line of a process; empty where it has ended. */
export function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
