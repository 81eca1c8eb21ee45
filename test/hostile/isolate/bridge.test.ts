import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { reply, type Capability } from '../../../sandboxes/isolate/runner/capabilities.ts'

const CHILD = fileURLToPath(new URL('../../support/returning_host.ts', import.meta.url))

describe('nothing of the process crosses the bridge, even if code of ours returned it by mistake (B2)', () => {
  it('from the functions that the isolate is given: they return nothing', () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-node-snapshot', CHILD], { encoding: 'utf8' })
    expect(stderr).toBe('')
    const nothing = ['undefined', 'undefined', 'undefined']
    expect(JSON.parse(stdout)).toEqual({ 'an object': nothing, 'a function': nothing, 'a promise': nothing, 'a map': nothing, 'a text': nothing })
  })

  const RETURNS: readonly (readonly [string, Capability, object])[] = [
    ['an object', () => Promise.resolve({ a: 1 }), { ok: { a: 1 } }],
    ['a function', () => Promise.resolve(() => process.pid), {}],
    ['an object with a function in it', () => Promise.resolve({ run: () => process.pid, a: 1 }), { ok: { a: 1 } }],
    ['an object that has a toJSON', () => Promise.resolve({ toJSON: () => 'text' }), { ok: 'text' }],
    ['a circle', () => { const circle: unknown[] = []; circle.push(circle); return Promise.resolve(circle) }, { err: expect.stringMatching(/circular/), code: 'FAILED' }],
    ['a number that JSON has not', () => Promise.resolve(1n), { err: expect.stringMatching(/BigInt/), code: 'FAILED' }],
    ['an error, with its stack', () => Promise.reject(new Error('not today')), { err: 'not today', code: 'FAILED' }],
    ['what is thrown at once', () => { throw new TypeError('at once') }, { err: 'at once', code: 'FAILED' }],
  ]
  for (const [what, capability, parsed] of RETURNS) {
    it(`from a call of the host, whose reply is always a text: ${what}`, async () => {
      const text = await reply({ tried: capability }, 'tried', '')
      expect(text).toBeTypeOf('string')
      expect(JSON.parse(text)).toEqual(parsed)
    })
  }
})
