import { describe, it } from 'vitest'
import { askPlainly } from './plain.ts'
import { startProvider } from './provider.ts'
import { SHIPPED_CASES } from './shipped_cases.ts'
import { shippedModules } from './shipped_modules.ts'

describe('modules that come with the host, in plain Node', () => {
  for (const { claim, module, query, routes = {}, dns, check } of SHIPPED_CASES) {
    it(claim, async ({ expect }) => {
      await using provider = await startProvider(routes)
      const answer = await askPlainly(module, typeof query === 'function' ? query(provider.url) : query, dns)
      check(expect, answer, provider)
    })
  }

  it('are all asked something', ({ expect }) => {
    expect([...new Set(SHIPPED_CASES.map(({ module }) => module))].sort()).toEqual(shippedModules().map(({ path }) => path).sort())
  })
})
