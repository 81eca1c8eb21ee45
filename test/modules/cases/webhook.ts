import { createHmac } from 'node:crypto'
import type { Case } from '../case.ts'

const DATA = { Event: { info: 'höllo', id: '1' } }

export const WEBHOOK_CASES: readonly Case[] = [
  {
    claim: 'webhook posts the data with a signature and a header',
    module: 'action_mod/webhook',
    query: (url) => ({
      data: DATA, matchingData: { 'a label': [1] }, params: { url: `${url}/hook`, secret: 'k'.repeat(70), header: 'Authorization: Bearer abc', retries: '' },
    }),
    routes: { '/hook': { status: 202, body: 'thanks' } },
    check(expect, answer, provider) {
      expect(answer).toEqual({ data: { status: 202 } })
      expect(provider.seen).toHaveLength(1)
      const { method, body, headers } = provider.seen[0] ?? { body: '', headers: {} }
      expect(method).toBe('POST')
      expect(JSON.parse(body)).toEqual({ data: DATA, matchingData: { 'a label': [1] } })
      expect(headers).toMatchObject({
        'content-type': 'application/json', authorization: 'Bearer abc', 'x-misp-signature': `sha256=${createHmac('sha256', 'k'.repeat(70)).update(body).digest('hex')}`,
      })
    },
  },
  {
    claim: 'webhook has no signature without a secret',
    module: 'action_mod/webhook',
    query: (url) => ({ params: { url: `${url}/hook` } }),
    routes: { '/hook': { status: 200, body: '' } },
    check(expect, answer, provider) {
      expect(answer).toEqual({ data: { status: 200 } })
      expect(provider.seen[0]?.headers['x-misp-signature']).toBe(undefined)
      expect(provider.seen[0]?.body).toBe('{"data":null}')
    },
  },
  {
    claim: 'webhook tries again where the receiver is in trouble, as often as it is told',
    module: 'action_mod/webhook',
    query: (url) => ({ data: {}, params: { url: `${url}/hook`, retries: '1' } }),
    routes: { '/hook': { status: 500, body: '' } },
    check(expect, answer, provider) {
      expect(provider.seen).toHaveLength(2)
      expect(answer.error).toMatch(/^127\.0\.0\.1:\d+ answered 500, also when asked 1 more times\.$/)
    },
  },
  {
    claim: 'webhook does not follow the receiver elsewhere',
    module: 'action_mod/webhook',
    query: (url) => ({ data: {}, params: { url: `${url}/hook`, retries: '3' } }),
    routes: { '/hook': { status: 307, body: '', headers: { location: '/other' } } },
    check(expect, answer, provider) {
      expect(provider.seen.map(({ path }) => path)).toEqual(['/hook'])
      expect(answer.error).toMatch(/ answered 307\.$/)
    },
  },
  {
    claim: 'webhook says that nobody is there',
    module: 'action_mod/webhook',
    query: { data: {}, params: { url: 'http://127.0.0.1:9/' } },
    check: (expect, answer) => expect(answer.error).toMatch(/^127\.0\.0\.1:9 cannot be reached: \S/),
  },
  {
    claim: 'webhook refuses an address, a header and retries that are none',
    module: 'action_mod/webhook',
    query: { data: {}, params: { url: 'file:///etc/passwd' } },
    check: (expect, answer) => expect(answer.error).toBe('The parameter "url" should be an http or https address, and is "file:///etc/passwd".'),
  },
  {
    claim: 'webhook refuses a header with a line in it',
    module: 'action_mod/webhook',
    query: { data: {}, params: { url: 'http://127.0.0.1:9/', header: 'A: b\r\nC: d' } },
    check: (expect, answer) => expect(answer.error).toBe('The parameter "header" should be one header, as Name: value.'),
  },
]
