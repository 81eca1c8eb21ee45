import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { z } from 'zod'
import { ModuleDetail } from '../../../../host/http/api/module_schemas.ts'
import { module, ReloadServer } from '../../../support/reload_server.ts'

const TYPESCRIPT = `export const introspection = () => ({ input: ['text'] })
export const version = () => ({})
export const handler = () => ({ results: 1 })
`

describe('GET /api/v1/modules/:name, of a module in an isolate,', () => {
  let host: ReloadServer
  beforeAll(async () => {
    // As people call their folders: what is printed for a shell has to be quoted.
    const root = mkdtempSync(join(tmpdir(), "their modules' "))
    chmodSync(root, 0o755)
    host = await ReloadServer.start({
      root,
      files: {
        'expansion/r_usual.ts': TYPESCRIPT, 'expansion/r_small.ts': TYPESCRIPT, 'expansion/r_python.py': module('1'),
        'expansion/r_lacks.ts': `import x from '@scope/not-there'\n${TYPESCRIPT}export { x }\n`,
      },
      config: {
        isolates: { heapMb: 48, outputMb: 4 },
        limits: { memoryMb: 700, logLines: 70 },
        modules: { '*': { enabled: false }, 'r_*': { enabled: true }, 'r_small': { timeout: 9, memoryMb: 32 } },
      },
    })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })
  const one = async (name: string): Promise<z.infer<typeof ModuleDetail>> => ModuleDetail.parse(await (await fetch(host.url(`/api/v1/modules/${name}`))).json())

  it('has the limits that hold for it, and not those of programs and Python', async ({ expect }) => {
    expect((await one('r_usual')).limits).toMatchObject({ memoryMb: 48, outputBytes: 4 << 20, logLines: 70 })
    expect((await one('r_small')).limits).toMatchObject({ memoryMb: 32, outputBytes: 4 << 20, timeoutSeconds: 9 })
    expect((await one('r_python')).limits).toMatchObject({ memoryMb: 700, outputBytes: 1 << 30 })
  })

  it('has the command that installs a package that is missing, as a shell takes it', async ({ expect }) => {
    const { loaded, failure } = await one('r_lacks')
    const quoted = `'${host.root.replaceAll("'", `'\\''`)}'`
    expect(loaded).toBe(false)
    expect(failure).toMatchObject({ line: 1, missing: 'the npm package @scope/not-there', mend: `npm install --prefix ${quoted} @scope/not-there` })
    expect(failure?.error).toBe('expansion/r_lacks.ts imports "@scope/not-there", and that package is not installed')
  })
})
