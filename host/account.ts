import { readFileSync } from 'node:fs'
import type { Account } from '../sandboxes/launch/trusted.ts'

/** An account by its name or number. Throws where there is none; says what is in the file. */
export function findAccount(user: string): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const found = lines.find(([name, , uid]) => name === user || uid === user)
  const [uid, gid] = [Number(found?.[2]), Number(found?.[3])]
  if (found === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    const names = lines.map(([name]) => name).filter(Boolean).join(', ')
    throw new Error(`expected --user to be an account of this machine, found "${user}"; there are: ${names}`)
  }
  return { uid, gid }
}
