import type { Account } from '../../sandboxes/launch/trusted.ts'
import { prepareIsolates } from '../../sandboxes/isolate/prepare.ts'
import { compilerWorks, isolatesWork } from '../../sandboxes/isolate/prepare_new.ts'
import type { Check } from './check.ts'

export interface IsolateParts {
  /** undefined: it cannot be written. */
  readonly state: string | undefined
  /** Whom modules are meant to run as. undefined: the host's own account. */
  readonly account: Account | undefined
  /** The account's name. */
  readonly user: string
}

const NEEDED = 'for TypeScript and JavaScript modules'
const MEND = 'npm ci && npm rebuild isolated-vm'

/** Whether modules in TypeScript and JavaScript can be compiled and run by the account that they are meant to run as. */
export async function checkIsolates({ state, account, user }: IsolateParts): Promise<Check[]> {
  const what = 'isolated-vm'
  if (state === undefined) return [{ what, verdict: 'warn', found: 'not tried, because the state folder cannot be written to', needed: NEEDED }]
  const folder = await prepareIsolates({ state, account })
  if ('unusable' in folder) return [{ what, verdict: 'warn', found: folder.unusable, needed: NEEDED, mend: MEND }]
  const whom = account === undefined ? 'the host itself' : `the account "${user}"`
  const where = folder.node === process.execPath ? '' : `, with a copy of Node at ${folder.node}`
  return [
    verdict(what, await isolatesWork(folder.node, folder.path, account), `isolates work for ${whom}${where}, and hold against GHSA-864f-rcv7-6rh4`),
    verdict('compiler', await compilerWorks(folder.node, folder.path, account), `rolldown works for ${whom}, from ${folder.path}`),
  ]
}

function verdict(what: string, said: string | undefined, works: string): Check {
  return said === undefined ? { what, verdict: 'ok', found: works } : { what, verdict: 'warn', found: said, needed: NEEDED, mend: MEND }
}
