import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { testPython } from './python.ts'

/** The root of the custom modules that both servers can load. */
export const CUSTOM_MODULES = fileURLToPath(new URL('../fixtures/modules', import.meta.url))

/** The root of the custom modules that load here and not with upstream. */
export const BEYOND_MODULES = fileURLToPath(new URL('../fixtures/beyond', import.meta.url))

/** The root of the files that are no modules, each for a reason of its own. */
export const BROKEN_MODULES = fileURLToPath(new URL('../fixtures/broken', import.meta.url))

/** The kinds that a custom module's requests may ask for, in the module's own order. */
export function kindsOf(module: string): string[] {
  const script = 'import json, runpy, sys; print(json.dumps(list(runpy.run_path(sys.argv[1])["KINDS"])))'
  const file = `${CUSTOM_MODULES}/expansion/${module}.py`
  return JSON.parse(execFileSync(testPython(), ['-B', '-c', script, file], { encoding: 'utf8' })) as string[]
}
