import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'vitest'
import { SCHEMAS } from '../../../../host/http/api/schemas.ts'
import { PROBLEM_CODES } from '../../../../host/http/api/problem_document.ts'
import { module, ReloadServer } from '../../../support/reload_server.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly responses: object }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: Readonly<Record<string, { enum?: string[] }>> }>> }
}

it('the document has the routes of upstream and ours; that of upstream stays as it is', async ({ expect }) => {
  await using host = await ReloadServer.start({ files: { 'expansion/r_one.py': module('"one"') } })
  const read = async (path: string): Promise<string> => (await fetch(host.url(path))).text()
  const text = await read('/api/v1/openapi.json')
  const [ours, upstreams] = [text, await read('/openapi.json')].map((each) => JSON.parse(each) as Document)
  expect(Object.keys(upstreams!.paths).filter((path) => path.startsWith('/api'))).toEqual([])
  for (const [path, operations] of Object.entries(upstreams!.paths)) expect(ours!.paths[path]).toEqual(operations)

  const beyond = Object.entries(ours!.paths).filter(([path]) => upstreams!.paths[path] === undefined)
  const documented = beyond.flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`))
  expect(documented.toSorted()).toEqual(registered().toSorted())

  const operations = Object.values(ours!.paths).flatMap((each) => Object.values(each)).map(({ operationId }) => operationId)
  expect(new Set(operations).size).toBe(operations.length)
  for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    expect(reference!.split('/').reduce((place, key) => (place as Record<string, object>)[key]!, ours as object), reference).toBeDefined()
  }
  expect(Object.keys(ours!.components.schemas)).toEqual(expect.arrayContaining(Object.keys(SCHEMAS)))
  expect(ours!.components.schemas['ProblemDocument']!.properties['code']!.enum).toEqual(PROBLEM_CODES)
  const { security, components } = JSON.parse(text) as { security: readonly object[]; components: { securitySchemes: Record<string, { type: string; scheme: string }> } }
  expect(Object.values(components.securitySchemes).map(({ type, scheme }) => `${type} ${scheme}`)).toEqual(['http basic', 'http bearer'])
  // Without tenants none is asked for.
  expect(security).toEqual([{}, { basic: [] }, { bearer: [] }])
  // The page offers both.
  const page = await read('/openapi')
  expect(page).toContain("'/openapi.json'")
  expect(page).toContain("'/api/v1/openapi.json'")
})

function registered(): string[] {
  const folder = new URL('../../../../host/http/api/', import.meta.url)
  return readdirSync(folder).flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/\bapp\.(get|post)\('(.+?)'/g)])
    .map(([, method = '', path = '']) => `${method} ${path}`)
}
