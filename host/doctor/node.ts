import { readFileSync } from 'node:fs'
import type { Check } from './check.ts'

const LEAST_MAJOR = 24
const PROJECT = new URL('../../', import.meta.url)

/** The Node that runs this, and the packages of the project. */
export function checkNode(): Check[] {
  return [version(), packages()]
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

/** A file of the project; an empty object where it is not there. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(new URL(path, PROJECT), 'utf8'))
  } catch {
    return {}
  }
}
