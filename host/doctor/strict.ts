import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { prepareIsolates } from '../../sandboxes/isolate/prepare.ts'
import { findGroupFolders } from '../../sandboxes/launch/groups/find.ts'
import { StrictUnavailable } from '../../sandboxes/launch/bubblewrap.ts'
import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import type { Config } from '../config/config.ts'
import { kindsOf } from '../ground/ground.ts'
import { openPythonFiles } from '../ground/open_python_files.ts'
import { strictParts } from '../ground/profile.ts'
import { strictAccount } from '../ground/runner_account.ts'
import type { Check } from './check.ts'

export interface StrictCheckParts {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly state: string
  readonly python: PreparedPython | undefined
  readonly log: Logger
}

/** They are one more layer where there are some, and nothing fails without. */
function groups(): Check {
  const folders = findGroupFolders()
  const what = 'control groups'
  if ('unavailable' in folders) return { what, verdict: 'ok', found: `none, so that memory and processes of a cell are watched from outside alone: ${folders.unavailable}` }
  return { what, verdict: 'ok', found: `the kernel bounds memory and processes of each cell${folders.cpu === undefined ? '' : ', and shares the processors among them'} (version ${folders.version}, below ${folders.memory})` }
}

/** Whether the profile strict can be had, where it is wanted: its parts, and every escape that it has to prevent, tried. */
export async function checkStrict({ config, environment, state, python, log }: StrictCheckParts): Promise<Check[]> {
  if (config.host.profile !== 'strict') return []
  const run = mkdtempSync(join(tmpdir(), 'misp-module-host-doctor-'))
  try {
    const account = strictAccount(config.host)
    const files = await openPythonFiles({ state, account, environment: python?.environment, host: config.host, log })
    const isolates = await prepareIsolates({ state, account, whole: true })
    const { bubblewrap, probe } = await strictParts({ account, accounts: config.host.uids !== 0, environment, run }, () => kindsOf(isolates, files, python?.environment))
    const tried = await probe()
    return [
      { what: 'bubblewrap', verdict: 'ok', found: bubblewrap },
      groups(),
      ...tried.map(({ what, holds, found }): Check => (holds ? { what, verdict: 'ok', found } : { what, verdict: 'missing', found, needed: 'for the profile strict' })),
    ]
  } catch (error) {
    if (!(error instanceof StrictUnavailable)) throw error
    return [{ what: 'profile strict', verdict: 'missing', found: error.found, needed: 'for modules of people you do not know', mend: error.mend }]
  } finally {
    rmSync(run, { recursive: true, force: true })
  }
}
