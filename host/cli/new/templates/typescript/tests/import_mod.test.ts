import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from 'misp-module-host/sdk/testing'
import example from '../import_mod/example_module.ts'

/** A file as MISP sends it. */
const file = (text: string): string => Buffer.from(text).toString('base64')

test('each line is an attribute of the type that it looks like', async () => {
  const { results } = await ask(example, { data: file('# a list\n198.51.100.7\nexample.com\n\n2001:db8::1\n'), config: { comment: 'seen', for_ids: '1' } })
  assert.deepEqual(results, [
    { types: ['ip-dst'], values: ['198.51.100.7', '2001:db8::1'], comment: 'seen', to_ids: true },
    { types: ['domain'], values: ['example.com'], comment: 'seen', to_ids: true },
  ])
})

test('an empty file is answered with an error', async () => {
  assert.deepEqual(await ask(example, { data: file('\n') }), { error: 'Expected a line for each address or name, found none.', results: [] })
})
