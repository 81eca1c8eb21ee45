import type { Logger } from 'pino'
import { StrictUnavailable } from '../../sandboxes/launch/bubblewrap.ts'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import { PythonFiles } from '../../sandboxes/python/python_files.ts'
import { canExecute } from '../../sandboxes/reach.ts'
import type { HostSection } from '../config/host.ts'

export interface OpenPythonFilesOptions {
  readonly state: string
  /** That of cells, where it is another than the host's. */
  readonly account: Account | undefined
  readonly environment: PythonEnvironment | undefined
  readonly host: Pick<HostSection, 'user' | 'uids'>
  readonly log: Logger
}

/**
 * What cells see of the Python there is; copied to the state folder where their account cannot reach it. Rejects with StrictUnavailable where
 * it can neither execute it nor be given a copy. Whether a copy works is tried with the rest of the profile.
 */
export async function openPythonFiles({ state, account, environment, host: { user, uids }, log }: OpenPythonFilesOptions): Promise<PythonFiles> {
  const who = uids === 0 ? `the account "${user}"` : `the uid ${uids}`
  const files = new PythonFiles({
    state,
    account,
    copying: ({ because, ...what }) => log.info({ ...what, because }, `${who} cannot reach this Python: what it reads of it is copied to the state folder, where every account can read it`),
  })
  if (environment === undefined) return files
  const { python } = environment
  const copies = await files.look(environment).then((seen) => Object.keys(seen.copies).length, (error: Error) => {
    throw new StrictUnavailable(`${who} cannot reach ${python}, and it cannot be copied: ${error.message}`, 'a Python that it can reach, with --python PATH, or another state folder, with --state DIR')
  })
  if (copies > 0 || account === undefined || (await canExecute(account, python))) return files
  throw new StrictUnavailable(`${who} cannot execute ${python}`, `misp-module-host doctor, which says why${uids === 0 ? '' : '; where there are no such uids, as in some containers: --uids 0'}`)
}
