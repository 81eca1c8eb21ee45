import { describe, it } from 'vitest'
import { BEYOND_MODULES, BROKEN_MODULES } from '../support/kinds.ts'
import { startServer } from '../support/our_server.ts'
import { post } from '../support/server_pair.ts'
import { startUpstream } from '../support/upstream.ts'
import { attribute } from './offline_case.ts'

/** Custom modules that upstream skips, and what they answer here. */
const ANSWERED: readonly (readonly [about: string, body: object, holds: string])[] = [
  ['a module named like the package that it imports', { module: 'dns', hostname: 'www.example.com' },
    '["www.example.com","Resolver"]'],
  ['a helper beside the module, imported relatively', { module: 'relative_helper', text: 'aloud' }, 'ALOUD'],
  ['a copied built-in module with its relative import', { module: 'relative_upstream', attribute: attribute('text', 'v') },
    '"v"'],
]

describe('custom modules beyond upstream', () => {
  it('load and answer, though upstream skips them', async ({ expect }) => {
    await using upstream = await startUpstream({ custom: BEYOND_MODULES })
    await using ours = await startServer({ custom: BEYOND_MODULES })
    for (const [about, body, holds] of ANSWERED) {
      expect((await post(upstream.port, body)).body.toString(), about).not.toContain(holds)
      expect((await post(ours.port, body)).body.toString(), about).toContain(holds)
    }
  })

  it('that are broken leave every other module listed and answering', async ({ expect }) => {
    await using ours = await startServer({ custom: BROKEN_MODULES })
    const response = await fetch(`http://127.0.0.1:${ours.port}/modules`)
    const names = ((await response.json()) as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('yara_query')
    expect(names).not.toContain('set_in_introspection')
    const answer = await post(ours.port, { module: 'testaction', data: {}, params: { foo: 'xyz' } })
    expect(answer.body.toString()).toBe('{"data":true}')
  }, 120_000)
})
