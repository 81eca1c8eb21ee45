/** Without a host: `node --test tests/asset_owner.test.ts`, with Node 24. The test stands for the network. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from 'misp-module-host/sdk/testing'
import assetOwner from '../modules/expansion/asset_owner.ts'

const config = { url: 'http://inventory.example', api_key: 'k-1' }

void test('the owner of an address of ours is the answer', async () => {
  const seen: Request[] = []
  const answer = await ask(assetOwner, { 'ip-src': '192.0.2.7' }, {
    config,
    fetch: async (input, init) => {
      seen.push(new Request(input, init))
      return Response.json({ owner: 'Ada', room: 'B12' })
    },
  })
  assert.deepEqual(answer, { results: [{ types: ['text'], values: ['Ada, room B12'], comment: 'Owner of 192.0.2.7' }] })
  assert.deepEqual(seen.map(({ url, headers }) => [url, headers.get('x-api-key')]), [['http://inventory.example/assets/192.0.2.7', 'k-1']])
})

void test('an address that is not ours has no results', async () => {
  const answer = await ask(assetOwner, { 'ip-dst': '192.0.2.8' }, { config, fetch: async () => new Response('', { status: 404 }) })
  assert.deepEqual(answer, { results: [] })
})

void test('without its settings it says which ones are missing', async () => {
  assert.deepEqual(await ask(assetOwner, { 'ip-src': '192.0.2.7' }), { error: 'The settings url and api_key are required.', results: [] })
})
