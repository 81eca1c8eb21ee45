import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startServer, type OurServer } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantFiles } from '../../support/tenants.ts'

describe("a tenant that puts a link to another tenant's folder in the place of its own", () => {
  let files: TenantFiles
  let server: OurServer
  beforeAll(async () => {
    files = new TenantFiles({ tenants: {
      eve: { files: { 'expansion/own.py': pythonModule('"eve"') } },
      bob: { files: { 'expansion/secret.py': pythonModule('"of bob"'), 'expansion/own.py': pythonModule('"bob"') } },
    } })
    server = await startServer({ args: ['--config', files.configFile] })
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    files?.[Symbol.dispose]()
  })
  const as = async (tenant: string, path: string, body?: object): Promise<string> => {
    const headers = { authorization: files.basic(tenant) }
    return await (await fetch(`http://127.0.0.1:${server.port}${path}`, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) })).text()
  }
  const ask = (tenant: string, module: string) => as(tenant, '/query', { module })

  it.for([
    ['its root', ''],
    ['a folder in it', 'expansion'],
  ])('%s: sees nothing of it, and has its own again when that is back', async ([, part], { expect }) => {
    const place = join(files.root('eve'), part as string)
    await eventually(async () => expect(await ask('eve', 'own')).toBe('{"results":"eve"}'))
    renameSync(place, `${place}.away`)
    symlinkSync(join(files.root('bob'), part as string), place)
    // What it had goes, and nothing comes in its place.
    await eventually(async () => expect(JSON.parse(await as('eve', '/modules'))).toEqual([]))
    expect(await as('eve', '/api/v1/modules')).not.toContain('secret')
    expect(await ask('eve', 'secret')).not.toContain('bob')
    expect(await ask('eve', 'own')).not.toContain('bob')
    expect(await ask('bob', 'secret')).toBe('{"results":"of bob"}')
    rmSync(place)
    renameSync(`${place}.away`, place)
    await eventually(async () => expect(await ask('eve', 'own')).toBe('{"results":"eve"}'))
  })
})
