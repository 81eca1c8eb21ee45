import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { StrictUnavailable } from '../../sandboxes/launch/bubblewrap.ts'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import { SLOTS } from '../../sandboxes/launch/slots.ts'
import { canExecute } from '../../sandboxes/reach.ts'
import type { HostSection } from '../config/host.ts'
import { OperatorError } from '../operator_error.ts'

/**
 * The account that modules run as: another one where the host is root and that account can execute the interpreter, else the
 * host's own, which is said aloud. undefined: the host's own.
 */
export async function runnerAccount(user: string, python: string | undefined, log: Logger): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const account = findAccount(user)
  if (account.uid === 0) {
    log.warn('MODULES RUN AS ROOT, because --user says so')
    return undefined
  }
  if (python === undefined || (await canExecute(account, python))) return account
  log.warn({ user, python }, `MODULES RUN AS ROOT: the account "${user}" cannot execute ${python}; "misp-module-host doctor" says why`)
  return undefined
}

/** The same for the profile strict, which is never run as root: that of all cells, or the first of theirs. Throws StrictUnavailable. */
export function strictAccount({ user, uids }: Pick<HostSection, 'user' | 'uids'>): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const account = uids === 0 ? findAccount(user) : { uid: uids, gid: uids }
  if (account.uid === 0) throw new StrictUnavailable('modules would run as root, because --user says so', '--user nobody')
  return account
}

/** That of the egress process: one that no module ever has. undefined: the host's own. */
export function egressAccount({ uids, user }: HostSection): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const uid = uids + SLOTS
  return uids === 0 ? findAccount(user) : { uid, gid: uid }
}

/** An account by its name or number. Throws where there is none; says what is in the file. */
export function findAccount(user: string): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const found = lines.find(([name, , uid]) => name === user || uid === user)
  const [uid, gid] = [Number(found?.[2]), Number(found?.[3])]
  if (found === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    const names = lines.map(([name]) => name).filter(Boolean).join(', ')
    throw new OperatorError(`expected --user to be an account of this machine, found "${user}"; there are: ${names}`)
  }
  return { uid, gid }
}
