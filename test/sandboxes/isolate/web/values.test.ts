import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { useGuest } from './guest.ts'

const guest = useGuest()

describe('TextEncoder and TextDecoder in an isolate', () => {
  it('write and read as those of Node do', async ({ expect }) => {
    const texts = ['', 'a', 'ä€💩', '\ud800x', '\udc00', '\ufeffbom', '\0', 'a'.repeat(100_000)]
    const { there, here } = await guest.both((each) => each.map((text) => {
      const bytes = new TextEncoder().encode(text)
      return [bytes.length, Array.from(bytes.slice(0, 20)), new TextDecoder().decode(bytes), new TextEncoder().encodeInto(text, new Uint8Array(5))]
    }), texts)
    expect(there).toEqual(here)
  })

  it('decode broken bytes, byte order marks and three encodings as in Node', async ({ expect }) => {
    const inputs = [[0xc3], [0xc3, 0x28], [0xe2, 0x82], [0xf0, 0x9f, 0x92], [0xff, 0x41], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf, 0x41], [0xff, 0xfe, 0x41, 0], [0x41, 0, 0x00, 0xd8], [0x41, 0, 0x42], [0xe9, 0x41, 0xa0]]
    const { there, here } = await guest.both((each) => each.map((bytes) => ['utf-8', 'UTF8', 'latin1', 'utf-16le'].map((label) => [{}, { fatal: true }, { ignoreBOM: true }].map((options) => {
      try {
        const decoder = new TextDecoder(label, options)
        return [decoder.encoding, decoder.decode(Uint8Array.from(bytes))]
      } catch (error) {
        return (error as Error).name
      }
    }))), inputs)
    expect(there).toEqual(here)
  })

  it('decode in pieces, wherever they are cut', async ({ expect }) => {
    const { there, here } = await guest.both((text) => {
      const bytes = new TextEncoder().encode(text)
      const decoder = new TextDecoder()
      return Array.from(bytes, (byte) => decoder.decode(Uint8Array.of(byte), { stream: true })).join('') + decoder.decode()
    }, 'aä€💩z')
    expect(there).toEqual(here)
  })
})

describe('atob and btoa in an isolate', () => {
  it('are those of Node, in what they refuse as well', async ({ expect }) => {
    const inputs = ['', 'a', 'ab', 'abc', 'abcd', '\xff\0', 'YQ==', 'YQ', 'YQ=', ' Y Q = = ', 'Y', 'YQ==YQ==', 'YQ===', '====', 'a-b_', 'ä', '€', 'YR==']
    const { there, here } = await guest.both((each) => each.map((text) => [btoa, atob].map((convert) => {
      try {
        return convert(text)
      } catch (error) {
        return (error as Error).name
      }
    })), inputs)
    expect(there).toEqual(here)
  })
})

describe('structuredClone in an isolate', () => {
  it('copies what Node copies', async ({ expect }) => {
    const { there, here } = await guest.both(() => {
      const buffer = new Uint8Array([1, 2, 3, 4]).buffer
      class Point {
        x = 1
      }
      const from: Record<string, unknown> = {
        date: new Date(5), map: new Map<unknown, unknown>([[{ k: 1 }, new Set([1, 'a'])]]), regexp: /a\/b/gi, big: 12n, nan: Number.NaN, undef: undefined, boxed: Object('s'),
        bytes: new Uint8Array(buffer, 1, 2), view: new DataView(buffer, 2), buffer, error: new RangeError('far', { cause: { a: 1 } }), point: new Point(), ['__proto__']: 1,
      }
      from['self'] = from
      const sparse: unknown[] = []
      sparse[2] = 'x'
      const to = structuredClone({ from, sparse, nothing: Object.assign(Object.create(null) as object, { a: 1 }) })
      const copy = to.from as typeof from & { date: Date; map: Map<unknown, unknown>; regexp: RegExp; bytes: Uint8Array; view: DataView; error: Error; point: Point; boxed: object }
      const [[key, set] = []] = [...copy.map] as [unknown, Set<unknown>][]
      return [
        copy !== from, copy['self'] === copy, copy.date.getTime(), key, [...set ?? []], String(copy.regexp), String(copy['big']), Number.isNaN(copy['nan']), 'undef' in copy, typeof copy.boxed, copy.boxed.valueOf(),
        Array.from(copy.bytes), copy.bytes.byteOffset, copy.bytes.buffer === copy.view.buffer, copy.view.byteOffset, copy.bytes.buffer === copy['buffer'],
        copy.error instanceof RangeError, copy.error.message, copy.error.cause, copy.point instanceof Point, copy.point, Object.keys(copy).includes('__proto__'), to.sparse.length, 1 in to.sparse, to.nothing,
      ]
    }, null)
    expect(there).toEqual(here)
  })

  it('refuses what Node refuses', async ({ expect }) => {
    const { there, here } = await guest.both(() => [() => 1, Symbol('a'), Promise.resolve(), new WeakMap(), { deep: [() => 1] }].map((value) => {
      try {
        return structuredClone<unknown>(value)
      } catch (error) {
        return [(error as Error).name, error instanceof DOMException, (error as DOMException).code]
      }
    }), null)
    expect(there).toEqual(here)
  })
})

describe('crypto in an isolate', () => {
  it('has the digests of SHA, of any kind of bytes', async ({ expect }) => {
    const { there, here } = await guest.both(async (names) => await Promise.all(names.flatMap((name) => [new ArrayBuffer(3), Uint8Array.of(1, 2, 3).subarray(1), new Uint16Array(70)].map(async (data) => {
      const hash = await crypto.subtle.digest(name, data)
      return [hash instanceof ArrayBuffer, Array.from(new Uint8Array(hash))]
    }))), ['SHA-1', 'sha-256', 'SHA-384', 'SHA-512'])
    expect(there).toEqual(here)
    const hex = await guest.run(`return Array.from(new Uint8Array(await crypto.subtle.digest({ name: 'SHA-256' }, new TextEncoder().encode('x'.repeat(1e6)))), (byte) => byte.toString(16).padStart(2, '0')).join('')`)
    expect(hex).toBe(createHash('sha256').update('x'.repeat(1e6)).digest('hex'))
    expect(await guest.run(`return await crypto.subtle.digest('MD5', new Uint8Array()).catch((error) => error.name)`)).toBe('NotSupportedError')
  })

  it('fills every kind of integers with random bytes, and no more than 65536 at once', async ({ expect }) => {
    expect(await guest.run(`
      const bytes = crypto.getRandomValues(new Uint8Array(65536))
      const counts = new Array(256).fill(0)
      for (const byte of bytes) counts[byte] += 1
      const failures = [new Float64Array(1), [], new Uint8Array(65537)].map((value) => { try { crypto.getRandomValues(value) } catch (error) { return error.name } })
      const words = crypto.getRandomValues(new BigUint64Array(4))
      return { spread: counts.every((count) => count > 150 && count < 370), failures, words: new Set(words).size, again: bytes.join() === crypto.getRandomValues(new Uint8Array(65536)).join() }
    `)).toEqual({ spread: true, failures: ['TypeMismatchError', 'TypeMismatchError', 'QuotaExceededError'], words: 4, again: false })
  })

  it('makes UUIDs of version 4, never the same twice', async ({ expect }) => {
    const uuids = await guest.run('return Array.from({ length: 100 }, () => crypto.randomUUID())') as string[]
    expect(uuids.filter((uuid) => !/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(uuid))).toEqual([])
    expect(new Set(uuids).size).toBe(100)
  })
})

describe('signals in an isolate', () => {
  it('are aborted, joined and asked as in Node', async ({ expect }) => {
    const { there, here } = await guest.both(() => {
      const heard: unknown[] = []
      const controller = new AbortController()
      const { signal } = controller
      const gone = () => heard.push('gone')
      signal.addEventListener('abort', (event) => heard.push(event.type, event.target === signal))
      signal.addEventListener('abort', gone)
      signal.removeEventListener('abort', gone)
      signal.onabort = () => heard.push('on')
      const any = AbortSignal.any([signal, new AbortController().signal])
      any.addEventListener('abort', () => heard.push('any'), { once: true })
      controller.abort()
      controller.abort(new Error('late'))
      try {
        any.throwIfAborted()
      } catch (error) {
        heard.push((error as Error).name, error === signal.reason, error instanceof DOMException, error instanceof Error)
      }
      return [heard.map(String).toSorted((a, b) => a < b ? -1 : 1), signal.aborted, AbortSignal.abort('why').reason, AbortSignal.any([AbortSignal.abort(1)]).reason, AbortSignal.any([]).aborted]
    }, null)
    expect(there).toEqual(here)
  })

  it('end after a time of their own', async ({ expect }) => {
    expect(await guest.run(`
      const signal = AbortSignal.timeout(5)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return [signal.reason.name, signal.reason instanceof DOMException]
    `)).toEqual(['TimeoutError', true])
  })
})

describe('timers in an isolate', () => {
  it('run in the order of their time, with their arguments, unless they are cleared', async ({ expect }) => {
    expect(await guest.run(`
      const heard = []
      setTimeout((...args) => heard.push(...args), 60, 'c', 'd')
      setTimeout(() => heard.push('b'), 30)
      const cleared = setTimeout(() => heard.push('x'), 20)
      setTimeout(() => heard.push('a'))
      queueMicrotask(() => heard.push('first'))
      clearTimeout(cleared); clearTimeout(12345); clearTimeout(undefined)
      await new Promise((resolve) => setTimeout(resolve, 90))
      return heard
    `)).toEqual(['first', 'a', 'b', 'c', 'd'])
  })

  it('go on when one of them throws, which is reported', async ({ expect }) => {
    expect(await guest.run(`
      setTimeout(() => { throw new Error('broken') }, 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      return reports
    `)).toEqual(['Error: broken'])
  })

  it('are at most a thousand at once, and a few calls of the host', async ({ expect }) => {
    const { value, calls } = await guest.calls(`
      const late = []
      const started = Date.now()
      for (let at = 0; at < 999; at += 1) setTimeout(() => late.push(Date.now() - started - (999 - at) * 0.2), (999 - at) * 0.2)
      const last = setTimeout(() => {}, 5000)
      let said
      try { setTimeout(() => {}, 5000) } catch (error) { said = error.message }
      clearTimeout(last)
      while (late.length < 999) await new Promise((resolve) => setTimeout(resolve, 20))
      return { ran: late.length, early: late.filter((ms) => ms < -1).length, said }
    `)
    expect(value).toEqual({ ran: 999, early: 0, said: '1000 timers are waiting already' })
    expect(calls['timer']).toBeLessThan(300)
  })
})
