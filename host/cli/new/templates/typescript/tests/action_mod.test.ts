import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from 'misp-module-host/sdk/testing'
import example from '../action_mod/example_module.ts'

const data = { Event: { info: 'New Malware' } }

test('a workflow goes on where the word is in the title', async () => {
  assert.deepEqual(await ask(example, { data, params: { word: 'malware' } }), { data: true })
})

test('and stops where it is not', async () => {
  const answer = await ask(example, { data, params: { word: 'phishing' } })
  assert.equal(answer.error, '"phishing" is not in the title "New Malware".')
})
