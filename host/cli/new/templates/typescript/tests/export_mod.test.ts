import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from 'misp-module-host/sdk/testing'
import example from '../export_mod/example_module.ts'

/** The file that the module makes of attributes. */
async function exported(attributes: readonly object[]): Promise<string> {
  const answer = await ask(example, { data: [{ Event: { info: 'test' }, Attribute: attributes }] })
  assert.ok('data' in answer)
  return Buffer.from(answer.data, 'base64').toString()
}

test('each attribute is a line', async () => {
  assert.equal(await exported([{ type: 'domain', value: 'example.com', comment: 'one, two' }]), 'type,value,comment\r\ndomain,example.com,"one, two"\r\n')
})

test('an event without attributes is a file with a head', async () => {
  assert.equal(await exported([]), 'type,value,comment\r\n')
})
