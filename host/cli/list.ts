import { onlyFind } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import { describeModules } from '../describe_modules.ts'
import { readOfflineModules } from '../../sandboxes/python/offline_modules.ts'
import { commandLog } from './command_log.ts'
import { interruption } from './interruption.ts'
import { listRows, type ListRow } from './list_rows.ts'
import { listText } from './list_text.ts'
import { whileWaiting } from './waiting.ts'

export interface ListOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Only what is not loaded. */
  readonly failed: boolean
  readonly json: boolean
}

/** `list`: every module that a server would serve or try to. Rejects with SetupError, OperatorError or Interrupted. */
export async function list({ config, environment, failed, json }: ListOptions): Promise<void> {
  using interrupted = interruption()
  const described = await whileWaiting('describing modules', describeModules({
    config, environment, log: commandLog(), choose: onlyFind(config), signal: interrupted.signal,
  }))
  const rows = listRows(described, readOfflineModules())
  const shown: readonly ListRow[] = failed ? rows.filter(({ loaded }) => !loaded) : rows
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined
  process.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : listText(shown, { all: rows, failed, columns }))
}
