import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from 'misp-module-host/sdk/testing'
import example from '../expansion/example_module.ts'

test('a name is answered with its parts', async () => {
  const { results } = await ask(example, { hostname: 'www.example.com' })
  assert.deepEqual(results?.map(({ values }) => values), [['www, example, com'], ['com']])
})

test('a setting is used', async () => {
  const { results } = await ask(example, { domain: 'example.com' }, { config: { separator: ' / ' } })
  assert.deepEqual(results?.[0]?.values, ['example / com'])
})

test('what is no name is answered with an error', async () => {
  assert.deepEqual(await ask(example, { domain: 'localhost' }), { error: 'Expected a name with a dot in it, found "localhost".', results: [] })
})
