import { inspectEnvironment } from '../../sandboxes/python/inspect_environment.ts'
import { shellWord } from '../../sandboxes/shell_word.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { Check } from './check.ts'

/** How many modules load. */
export function checkModules({ loaded, notLoaded }: Catalogue): Check {
  const what = 'modules'
  const all = loaded.size + notLoaded.length
  const found = `${loaded.size} of ${all} load`
  if (all === 0) return { what, verdict: 'warn', found: 'none', needed: 'misp-modules, or modules in --modules DIR', mend: 'misp-module-host python install' }
  if (notLoaded.length === 0) return { what, verdict: 'ok', found }
  const names = notLoaded.map(({ source }) => source.name)
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), `${names.length - MOST_NAMES} more`] : names
  const listed = [shown.slice(0, -1).join(', '), shown.at(-1)].filter(Boolean).join(' and ')
  return { what, verdict: loaded.size === 0 ? 'missing' : 'warn', found: `${found}, not ${listed}`, needed: 'what the list says of each', mend: 'misp-module-host list --failed' }
}

const MOST_NAMES = 8

/** What runners use where it is there: libraries, and calls of the kernel. */
export async function checkRunnerNeeds(python: string): Promise<Check[]> {
  const { versions, parentDeathSignal, subreaper, tellsChildren } = await inspectEnvironment(python, ['pymisp', 'orjson'])
  const lacking = [...(parentDeathSignal ? [] : ['PDEATHSIG']), ...(subreaper ? [] : ['child subreaper']), ...(tellsChildren ? [] : ['the children file of /proc'])]
  return [
    library('pymisp', versions['pymisp'], 'for most of misp-modules', python),
    library('orjson', versions['orjson'], 'for speed: without it the runner serialises by itself, byte for byte the same', python),
    lacking.length === 0
      ? { what: 'kernel', verdict: 'ok', found: 'PDEATHSIG, child subreaper, the children file of /proc' }
      : { what: 'kernel', verdict: 'warn', found: `without ${lacking.join(', ')}`, needed: 'so that nothing a module starts outlives it (Linux 3.5, CONFIG_PROC_CHILDREN)' },
  ]
}

function library(what: string, version: string | null | undefined, needed: string, python: string): Check {
  if (version) return { what, verdict: 'ok', found: version }
  return { what, verdict: 'warn', found: 'not installed', needed, mend: `${shellWord(python)} -m pip install ${what}` }
}
