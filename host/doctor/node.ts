import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Check } from './check.ts'

const LEAST_MAJOR = 24
const PROJECT = new URL('../../', import.meta.url)
/** Loads isolated-vm, in a process of its own: the host never does. */
const ISOLATE_PROBE = fileURLToPath(new URL('../../sandboxes/isolate/probe.ts', import.meta.url))

/** The Node that runs this, the packages of the project, and whether isolates can be made. */
export async function checkNode(): Promise<Check[]> {
  return [version(), packages(), await isolates()]
}

function version(): Check {
  const found = `Node ${process.versions.node} at ${process.execPath}`
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major >= LEAST_MAJOR) return { what: 'node', verdict: 'ok', found }
  return { what: 'node', verdict: 'missing', found, needed: `Node ${LEAST_MAJOR} or newer, which the project brings`, mend: 'npm ci && npx misp-module-host doctor' }
}

function packages(): Check {
  const { dependencies } = readJson('package.json') as { dependencies: Record<string, string> }
  const wrong = Object.entries(dependencies).flatMap(([name, wanted]) => {
    const { version: found = 'none' } = readJson(`node_modules/${name}/package.json`) as { version?: string }
    return found === wanted ? [] : [`${name} ${found} instead of ${wanted}`]
  })
  const what = 'npm packages'
  if (wrong.length === 0) return { what, verdict: 'ok', found: `the ${Object.keys(dependencies).length} that package.json names` }
  return { what, verdict: 'missing', found: wrong.join(', '), needed: 'what package-lock.json says', mend: 'npm ci' }
}

async function isolates(): Promise<Check> {
  const { failed, stderr, shortMessage } = await execa(process.execPath, ['--no-node-snapshot', ISOLATE_PROBE], {
    reject: false, timeout: 20_000, stdin: 'ignore', env: {}, extendEnv: false,
  })
  const what = 'isolated-vm'
  if (!failed) return { what, verdict: 'ok', found: 'makes isolates' }
  const said = stderr.split('\n').find((line) => /Error/.test(line)) ?? shortMessage ?? ''
  return { what, verdict: 'warn', found: said, needed: 'for TypeScript and JavaScript modules, which are not served yet', mend: 'npm rebuild isolated-vm' }
}

/** A file of the project; an empty object where it is not there. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(new URL(path, PROJECT), 'utf8'))
  } catch {
    return {}
  }
}
