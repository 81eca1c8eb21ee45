import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { MispModule } from 'misp-module-host/sdk'
import { ask } from 'misp-module-host/sdk/testing'
import { testPython } from '../support/python.ts'
import type { Answer, Case } from './case.ts'
import { shippedModules } from './shipped_modules.ts'

/** What a shipped module says of itself to MISP. */
export async function introspectPlainly(module: string): Promise<unknown> {
  const file = fileOf(module)
  if (file.endsWith('.py')) return runPython(file, 'introspection()')
  return ((await import(file)) as { default: MispModule }).default.introspection()
}

/** Asks a shipped module without a host: TypeScript in this Node, Python in an interpreter of its own. */
export async function askPlainly(module: string, query: Readonly<Record<string, unknown>>, dns: Case['dns'] = {}): Promise<Answer> {
  const file = fileOf(module)
  if (file.endsWith('.py')) return (await runPython(file, 'handler(q=sys.argv[2].encode())', JSON.stringify(query))) as Answer
  return (await ask((await import(file)) as object, query, { dns: { resolve: resolver(dns) } })) as Answer
}

function fileOf(module: string): string {
  const file = shippedModules().find(({ path }) => path === module)?.file
  if (file === undefined) throw new Error(`there is no module ${module}`)
  return file
}

/** Answers what a test gives as records; a name without any record is no name. */
function resolver(records: NonNullable<Case['dns']>) {
  return async (name: string, type: string): Promise<unknown> => {
    const found = records[`${name} ${type}`]
    const known = Object.keys(records).some((key) => key.startsWith(`${name} `))
    const code = typeof found === 'string' ? found : known ? 'ENODATA' : 'ENOTFOUND'
    if (found === undefined || typeof found === 'string') throw Object.assign(new Error(`${code} ${name}`), { code })
    return found
  }
}

const LOAD_PYTHON = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("module", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
`

async function runPython(file: string, call: string, ...args: readonly string[]): Promise<unknown> {
  const code = `${LOAD_PYTHON}print(json.dumps(module.${call}))`
  const { stdout } = await promisify(execFile)(testPython(), ['-c', code, file, ...args])
  return JSON.parse(stdout)
}
