import { accessSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/config.ts'
import { ownFolders } from '../offer.ts'
import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import { outOfReach } from '../../sandboxes/python/out_of_reach.ts'
import { canExecute, obstacle, readable, type Reacher } from '../../sandboxes/reach.ts'
import { shellWord } from '../../sandboxes/shell_word.ts'
import { asCheck, type Check } from './check.ts'

const RUNNER = fileURLToPath(new URL('../../sandboxes/python/runner', import.meta.url))

export interface RunnerParts {
  readonly config: Config
  /** Whom modules are meant to run as. undefined: the host's own account. */
  readonly account: Reacher | undefined
  readonly python: PreparedPython | undefined
}

/** Whether the account that modules run as can execute and read what it has to. */
export async function checkRunners({ config, account, python }: RunnerParts): Promise<Check[]> {
  const who = `the account "${config.host.user}"`
  return [
    whose(config, account),
    ...(account === undefined || python === undefined ? [] : [await runsPython(config, account, python)]),
    ...(account === undefined ? [] : [await runnerCode(account, who)]),
    ...await roots(config, account, who),
  ]
}

function whose({ host: { user } }: Config, account: Reacher | undefined): Check {
  const what = 'modules run as'
  const uid = process.getuid?.()
  if (account !== undefined) return { what, verdict: 'ok', found: `the account "${user}" (uid ${account.uid})` }
  if (uid !== 0) return { what, verdict: 'ok', found: `the host itself (uid ${uid})` }
  return { what, verdict: 'warn', found: 'root, because --user says so', needed: 'another account', mend: 'misp-module-host serve --user nobody' }
}

/** In the profile strict cells see a copy of what is out of reach: whether that works is tried with the profile. */
async function runsPython({ host: { user, profile } }: Config, account: Reacher, { environment }: PreparedPython): Promise<Check> {
  const what = `the account "${user}" runs python`
  const because = profile === 'strict' ? await outOfReach(account, environment).then((found) => found.because, () => undefined) : undefined
  if (because !== undefined) return { what, verdict: 'ok', found: `a copy of ${environment.python} in the state folder, because ${because} is out of its reach` }
  return await executes(account, what, environment.python)
}

async function executes(account: Reacher, what: string, program: string): Promise<Check> {
  const needed = 'for modules not to run as root'
  if (await canExecute(account, program)) return { what, verdict: 'ok', found: program }
  const blocked = await obstacle(account, program, constants.R_OK | constants.X_OK)
  if (blocked === undefined) return { what, verdict: 'warn', found: `${program} does not run, although its modes allow it`, needed }
  return { what, verdict: 'warn', found: `${program} is out of reach, because of ${blocked}`, needed, mend: `chmod o+x ${shellWord(blocked)}` }
}

async function runnerCode(account: Reacher, who: string): Promise<Check> {
  const what = `${who} reads the runner`
  if (await readable(account, RUNNER)) return { what, verdict: 'ok', found: RUNNER }
  return { what, verdict: 'ok', found: `a copy in the state folder, because ${RUNNER} is out of its reach` }
}

async function roots(config: Config, account: Reacher | undefined, who: string): Promise<Check[]> {
  try {
    const ofTenants = Object.values(config.tenants).flatMap(({ roots: modules }) => ownFolders({ ...config.roots, custom: '', modules }))
    return await Promise.all([...ownFolders(config.roots), ...ofTenants].map((path) => root(path, account, who)))
  } catch (error) {
    return [asCheck('module roots', 'missing', error)]
  }
}

async function root(path: string, account: Reacher | undefined, who: string): Promise<Check> {
  const what = `${account === undefined ? 'the host' : who} reads modules`
  if (account === undefined ? accessible(path) : await readable(account, path)) return { what, verdict: 'ok', found: path }
  return { what, verdict: 'warn', found: `${path} or something in it cannot be read`, needed: 'for the modules in it to load', mend: `chmod -R o+rX ${shellWord(path)}` }
}

function accessible(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
