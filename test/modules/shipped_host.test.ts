import { afterAll, beforeAll, describe, it } from 'vitest'
import { startShippedHost, type ShippedHost } from './over_host.ts'
import { introspectPlainly } from './plain.ts'
import { startProvider } from './provider.ts'
import { SHIPPED_CASES } from './shipped_cases.ts'
import { shippedModules } from './shipped_modules.ts'

describe('modules that come with the host, behind it', () => {
  let host: ShippedHost
  beforeAll(async () => {
    host = await startShippedHost()
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('are all listed, as they describe themselves', async ({ expect }) => {
    const listed = (await (await fetch(`http://127.0.0.1:${host.port}/modules`)).json()) as { name: string; type: string; mispattributes: unknown }[]
    for (const { path, name, type } of shippedModules()) {
      const entry = listed.find((each) => each.name === name)
      expect(entry, path).toMatchObject({ name, type, mispattributes: await introspectPlainly(path) })
    }
  })

  // The host has a resolver of its own, which a test cannot tell what to answer.
  for (const { claim, module, query, routes = {}, check } of SHIPPED_CASES.filter(({ dns }) => dns === undefined)) {
    it(claim, async ({ expect }) => {
      await using provider = await startProvider(routes)
      const answer = await host.ask(module, typeof query === 'function' ? query(provider.url) : query)
      check(expect, answer, provider)
    })
  }
})
