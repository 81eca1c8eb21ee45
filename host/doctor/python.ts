import { findBasePython } from '../../sandboxes/python/base_python.ts'
import { lookUp, type LookUpOptions, type PreparedPython } from '../../sandboxes/python/look_up.ts'
import { environmentsFolder } from '../../sandboxes/python/own_environment.ts'
import { readPackageTables } from '../../sandboxes/python/package_tables.ts'
import type { Reacher } from '../../sandboxes/reach.ts'
import { PINNED, requirementFor, type Extras } from '../../sandboxes/python/requirements.ts'
import { nothingInstalled } from '../../sandboxes/python/setup_error.ts'
import { systemPackages } from '../../sandboxes/python/system_packages.ts'
import { asCheck, type Check } from './check.ts'

export interface PythonChecks {
  readonly checks: readonly Check[]
  /** undefined: there is none to run modules on. */
  readonly python: PreparedPython | undefined
}

/** Which Python modules run on and why that one, whether another can be made, and the system's libraries. */
export async function checkPython(looking: LookUpOptions, extras: Extras, account: Reacher | undefined): Promise<PythonChecks> {
  const passedOver: string[] = []
  let python: PreparedPython | undefined
  let first: Check
  try {
    python = await lookUp({ ...looking, passedOver: (origin, candidate, reason) => passedOver.push(`${candidate} (${ORIGINS[origin]}): ${reason}`) })
    if (python === undefined) throw nothingInstalled(requirementFor(extras), environmentsFolder(looking.state))
    first = interpreter(python, passedOver)
  } catch (error) {
    first = asCheck('python', 'missing', error)
  }
  return {
    python,
    checks: [first, ...(python === undefined ? [] : [mispModules(python)]), await making(looking, account, python !== undefined), await libraries()],
  }
}

const ORIGINS = { 'flag': '--python', 'virtual-env': 'VIRTUAL_ENV', 'path': 'behind misp-modules on PATH', 'own': 'our own environment' }

function interpreter({ environment }: PreparedPython, passedOver: readonly string[]): Check {
  const { python, version, origin } = environment
  const others = passedOver.length === 0 ? '' : `; passed over: ${passedOver.join('; ')}`
  return { what: 'python', verdict: 'ok', found: `Python ${version} at ${python} (${ORIGINS[origin]})${others}` }
}

function mispModules({ environment: { mispModules: found, python }, own }: PreparedPython): Check {
  const what = 'misp-modules'
  const install = `misp-module-host python install --python ${python}`
  if (found === undefined) return { what, verdict: 'warn', found: `not installed for ${python}`, needed: `${PINNED}, without which only custom modules are served`, mend: install }
  if (!found.version.startsWith('3.')) return { what, verdict: 'warn', found: found.version, needed: `a version 3, such as ${PINNED}`, mend: install }
  const failed = own?.failed ?? []
  if (failed.length === 0) return { what, verdict: 'ok', found: `${found.version} in ${found.packageDir}` }
  return {
    what, verdict: 'warn', found: `${found.version} without ${failed.map(({ requirement, reason }) => `${requirement} (${reason})`).join(', ')}`,
    needed: 'for some of the modules', mend: 'misp-module-host python install',
  }
}

/** What a first start needs, and one that finds an environment does not. */
async function making({ environment, probe }: LookUpOptions, account: Reacher | undefined, there: boolean): Promise<Check> {
  const what = 'making environments'
  try {
    const { python, version } = await findBasePython(environment['PATH'] ?? '', account, probe)
    return { what, verdict: 'ok', found: `Python ${version} at ${python} has venv and ensurepip` }
  } catch (error) {
    return asCheck(what, there ? 'warn' : 'missing', error)
  }
}

async function libraries(): Promise<Check> {
  const what = 'system packages'
  const packages = await systemPackages(readPackageTables())
  if (packages === undefined) return { what, verdict: 'ok', found: 'not looked at: their names are known for Debian and Ubuntu only' }
  const { installed, missing, aptLine } = packages
  if (aptLine === undefined) return { what, verdict: 'ok', found: `all ${installed.length} that modules use` }
  return { what, verdict: 'warn', found: `without ${missing.join(', ')}`, needed: 'for some modules, or some of their queries', mend: aptLine }
}
