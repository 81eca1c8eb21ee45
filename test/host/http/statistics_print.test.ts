import { execFileSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { isoTime } from '../../../host/http/compat/statistics.ts'
import { pythonFloat } from '../../../host/http/compat/python_float.ts'
import { upstreamPython } from '../../support/upstream.ts'

describe('floats', () => {
  it('are printed as upstream prints them', ({ expect }) => {
    const floats = samples()
    const script = 'import sys, orjson, struct\n'
      + 'for (x,) in struct.iter_unpack("<d", sys.stdin.buffer.read()): print(orjson.dumps(x).decode())'
    const input = Buffer.from(new Float64Array(floats).buffer)
    const expected = execFileSync(upstreamPython(), ['-c', script], { input, maxBuffer: 1e8 }).toString().trimEnd().split('\n')
    expect(floats.map(pythonFloat)).toEqual(expected)
  })
})

describe('times', () => {
  it('have microseconds, or no fraction at a whole second', ({ expect }) => {
    expect(isoTime(1_700_000_000_000)).toBe('2023-11-14T22:13:20+00:00')
    expect(isoTime(1_700_000_000_001.25)).toBe('2023-11-14T22:13:20.001250+00:00')
    expect(isoTime(1_700_000_000_999.999)).toMatch(/^2023-11-14T22:13:20\.99999\d\+00:00$/)
  })
})

function samples(): number[] {
  const edges = [0, -0, 1, 100, 0.1, 1 / 3, 25 / 26, 1e-4, 1e-5, 9.999e-6, 1e-6, 1.5e-6, 1e-7, 5e-324, 1e15, 999999999999999.9, 1e16, 1.2345678901234568e16, 1e20, 1e21, 1e22,
    1.7976931348623157e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 0.000123, 123456.789]
  const bits = new DataView(new ArrayBuffer(8))
  let seed = 1
  const next = (): number => { seed = (seed * 48271) % 2147483647; return seed }
  const random = Array.from({ length: 5000 }, () => { bits.setUint32(0, next() * 2); bits.setUint32(4, next() * 2); return bits.getFloat64(0) })
  const small = Array.from({ length: 5000 }, () => next() / 2147483647 * 10 ** (next() % 30 - 12))
  return [...edges, ...random, ...small]
}
