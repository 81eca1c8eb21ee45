import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { pythonInt } from '../../../host/http/compat/python_int.ts'
import { BodyScan } from '../../../host/http/compat/scan.ts'
import type { Scanned } from '../../../host/http/compat/scan.ts'

function scan(body: string | Uint8Array): Scanned {
  return scanChunks([Buffer.from(body)])
}

function scanChunks(chunks: Iterable<Uint8Array>): Scanned {
  const scan = new BodyScan()
  for (const chunk of chunks) scan.push(chunk)
  return scan.end()
}

function cut(body: Buffer, lengths: () => number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const to = at + lengths()
    chunks.push(body.subarray(at, to))
    at = to
  }
  return chunks
}

/** The same numbers on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const bytes = (...values: number[]) => Buffer.from(values)
const quoted = (...values: number[]) => bytes(0x22, ...values, 0x22)
const edge = 2n ** 1024n - 2n ** 970n

describe('a body that orjson would not load', () => {
  it.for<[string, string | Uint8Array, string, number]>([
    ['nothing at all', '', 'an empty body', 0],
    ['only white space', ' \n', 'the body ends, expected a value', 2],
    ['one that ends too early', '{"a":[1', "the body ends, expected ',' or the end of the list or object", 7],
    ['one that ends inside a string', '{"a', 'the body ends inside a string', 3],
    ['one that ends inside a word', '[tru', 'the body ends inside a word', 4],
    ['one that ends inside a number', '1e', 'a number without the digits it needs', 2],
    ['a second value', '{} {}', "expected the end, found '{'", 3],
    ['a NUL behind the value', '{}\0', 'expected the end, found the byte 0x00', 2],
    ['a byte order mark', '\ufeff{}', 'expected a value, found a byte order mark', 0],
    ['UTF-16', Buffer.from('{}', 'utf16le'), "expected a string key or '}', found the byte 0x00", 1],
    ['white space that JSON does not know', '[\f1]', "expected a value or ']', found the byte 0x0c", 1],
    ['a no-break space', '[\u00a01]', "expected a value or ']', found the byte 0xc2", 1],
    ['a comment', '{/**/}', "expected a string key or '}', found '/'", 1],
    ['a trailing comma in an object', '{"a":1,}', "expected a string key, found '}'", 7],
    ['a trailing comma in a list', '[1,]', "expected a value, found ']'", 3],
    ['a missing colon', '{"a" 1}', "expected ':', found '1'", 5],
    ['a missing comma', '[1 2]', "expected ',' or the end of the list or object, found '2'", 3],
    ['the wrong bracket', '[1}', "expected ',' or the end of the list or object, found '}'", 2],
    ['a key without quotes', '{a:1}', "expected a string key or '}', found 'a'", 1],
    ['single quotes', "['a']", "expected a value or ']', found '''", 1],
    ['NaN', 'NaN', "expected a value, found 'N'", 0],
    ['Infinity', 'Infinity', "expected a value, found 'I'", 0],
    ['-Infinity', '-Infinity', 'a number without the digits it needs', 1],
    ['True', 'True', "expected a value, found 'T'", 0],
    ['a word spelt wrong', '[nul]', "expected 'null'", 4],
    ['01', '01', 'a number with a leading zero', 2],
    ['-01', '-01', 'a number with a leading zero', 3],
    ['a leading zero before another number', '[01 -0]', 'a number with a leading zero', 3],
    ['+1', '+1', "expected a value, found '+'", 0],
    ['.5', '.5', "expected a value, found '.'", 0],
    ['5.', '[5.]', 'a number without the digits it needs', 3],
    ['1e400', '1e400', 'a number too large for a double', 5],
    ['-1e400', '[-1e400]', 'a number too large for a double', 7],
    ['an integer of 1,000 digits', '1'.repeat(1000), 'a number too large for a double', 1000],
    ['the smallest magnitude that rounds to infinity', String(edge), 'a number too large for a double', 309],
    ['a raw control character in a string', '"\t"', 'a raw control character in a string', 1],
    ['an unknown escape', String.raw`"\x41"`, 'an unknown escape in a string', 2],
    ['a \\u escape that is too short', String.raw`"\u12"`, String.raw`a \u escape without four hexadecimal digits`, 5],
    ['a lone high surrogate escape', String.raw`"\ud800"`, 'a high surrogate escape without its low one', 7],
    ['a high surrogate escape before a letter', String.raw`"\ud800\u0041"`, 'a high surrogate escape without its low one', 12],
    ['a lone low surrogate escape', String.raw`"\udc00"`, 'a low surrogate escape without its high one', 6],
    ['a lone surrogate escape in a key', String.raw`{"\ud800":1}`, 'a high surrogate escape without its low one', 8],
    ['an overlong NUL', quoted(0xc0, 0x80), 'not UTF-8', 1],
    ['an overlong sequence of three bytes', quoted(0xe0, 0x9f, 0xbf), 'not UTF-8', 2],
    ['an overlong sequence of four bytes', quoted(0xf0, 0x8f, 0xbf, 0xbf), 'not UTF-8', 2],
    ['an encoded surrogate', quoted(0xed, 0xa0, 0x80), 'not UTF-8', 2],
    ['a code point above U+10FFFF', quoted(0xf4, 0x90, 0x80, 0x80), 'not UTF-8', 2],
    ['a sequence cut short', quoted(0xe2, 0x82), 'not UTF-8', 3],
    ['a continuation byte alone', quoted(0x80), 'not UTF-8', 1],
    ['1,025 levels of lists', '['.repeat(1025), 'lists and objects nested deeper than 1024 levels', 1024],
  ])('%s is refused, with the reason and the place', ([, body, reason, offset], { expect }) => {
    const refusal = { valid: false, reason, offset }
    expect(scan(body)).toEqual(refusal)
    expect(scanChunks(cut(Buffer.from(body), () => 1))).toEqual(refusal)
  })
})

describe('a body that orjson would load', () => {
  it.for([
    ['white space around it', ' \t\r\n1 \n'],
    ['DEL in a string', '"\x7f"'],
    ['an escaped NUL', String.raw`"\u0000"`],
    ['a surrogate pair in escapes', String.raw`"\ud83d\uDE00"`],
    ['the first and last code points of each UTF-8 length', '"\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}"'],
    ['-0', '-0'],
    ['a number that underflows', '1e-400'],
    ['the largest magnitude that does not round to infinity', String(edge - 1n)],
    ['zero with any exponent', '0.0e99999999999999999999'],
    ['a long number that is one', `0.${'0'.repeat(1e6)}1e1000001`],
    ['another long number that is one', `1${'0'.repeat(1e6)}e-1000000`],
    ['1,024 levels of lists', '['.repeat(1024) + ']'.repeat(1024)],
  ])('%s is accepted', ([, body], { expect }) => {
    expect(scan(body!)).toEqual({ valid: true, object: false })
  })

  it('counts the top object as the first of the 1,024 levels', ({ expect }) => {
    expect(scan(`{"a":${'['.repeat(1023)}${']'.repeat(1023)}}`)).toMatchObject({ valid: true, object: true })
    expect(scan(`{"a":${'['.repeat(1024)}${']'.repeat(1024)}}`)).toMatchObject({ valid: false })
  })

  it.for(['[]', '"x"', '1', 'null', '[{"module":"x"}]'])('%s is valid but no object', (body, { expect }) => {
    expect(scan(body)).toEqual({ valid: true, object: false })
  })
})

describe('the two fields', () => {
  it('are absent from an empty object', ({ expect }) => {
    expect(scan('{}')).toEqual({ valid: true, object: true, module: { kind: 'absent' }, timeout: { kind: 'absent' } })
  })

  it('are found under escaped keys, wherever they stand', ({ expect }) => {
    expect(scan(String.raw`{"x":{"module":"no"},"\u006dodule":"d\u006es","y":[1],"time\u006Fut":7}`)).toMatchObject({
      module: { kind: 'name', name: 'dns' },
      timeout: { kind: 'seconds', seconds: 7 },
    })
  })

  it('are those of the top object, not of one inside it', ({ expect }) => {
    expect(scan('{"config":{"module":"x","timeout":1},"list":[{"module":"y"}]}')).toMatchObject({
      module: { kind: 'absent' },
      timeout: { kind: 'absent' },
    })
  })

  it('are the last of duplicates, whatever their types', ({ expect }) => {
    expect(scan('{"module":"a","timeout":"abc","module":"b","timeout":5}')).toMatchObject({
      module: { kind: 'name', name: 'b' },
      timeout: { kind: 'seconds', seconds: 5 },
    })
    expect(scan('{"module":"a","timeout":5,"module":[],"timeout":{}}')).toMatchObject({
      module: { kind: 'other' },
      timeout: { kind: 'invalid', found: 'an object' },
    })
  })

  it.for(['1', 'null', 'true', '[]', '{"module":"x"}'])('a module of %s is other', (value, { expect }) => {
    expect(scan(`{"module":${value}}`)).toMatchObject({ module: { kind: 'other' } })
  })

  it('keeps a name outside ASCII, cut anywhere', ({ expect }) => {
    expect(scanChunks(cut(Buffer.from('{"module":"d\u00e9j\u00e0 \u{1f600}"}'), () => 1))).toMatchObject({
      module: { kind: 'name', name: 'd\u00e9j\u00e0 \u{1f600}' },
    })
  })

  it('are kept whole when each character of the longest name is escaped', ({ expect }) => {
    const name = String.raw`\u0061`
    expect(scan(`{"module":"${name.repeat(255)}"}`)).toMatchObject({ module: { kind: 'name', name: 'a'.repeat(255) } })
    expect(scan(`{"module":"${name.repeat(256)}"}`)).toMatchObject({ module: { kind: 'other' } })
  })

  it('calls a module name of a megabyte other, and reads on', ({ expect }) => {
    const body = Buffer.from(`{"module":"${'a'.repeat(1e6)}","timeout":3}`)
    const found = { module: { kind: 'other' }, timeout: { kind: 'seconds', seconds: 3 } }
    expect(scan(body)).toMatchObject(found)
    expect(scanChunks(cut(body, () => 1000))).toMatchObject(found)
  })

  it.for<[string, number]>([
    ['5', 5], ['-0', 0], ['0.9', 0], ['-0.9', 0], ['1.9e3', 1900], ['true', 1], ['false', 0], ['"5"', 5], ['" 7 "', 7],
    ['"+5"', 5], ['"-5"', -5],
    ['"1_0"', 10], ['"\u0665"', 5], [String.raw`"\u0665"`, 5], ['-86399999913600', -86399999913600],
    ['86399999999999', 86399999999999],
    ['86399999999999.9', 86399999999999],
  ])('a timeout of %s is %i seconds', ([value, seconds], { expect }) => {
    expect(scan(`{"timeout":${value}}`)).toMatchObject({ timeout: { kind: 'seconds', seconds } })
    expect(scanChunks(cut(Buffer.from(`{"timeout":${value}}`), () => 1))).toMatchObject({ timeout: { kind: 'seconds', seconds } })
  })

  it.for<[string, string]>([
    ['null', 'null'], ['"abc"', '"abc"'], ['""', '""'], ['"5.0"', '"5.0"'], ['"0x5"', '"0x5"'], ['[]', 'a list'],
    ['{}', 'an object'],
    ['-86399999913601', '-86399999913601'], ['86400000000000', '86400000000000'],
    ['18446744073709551616', '18446744073709552000'],
    [`"${' '.repeat(70_000)}5"`, 'a value that is too long'],
  ])('a timeout of %.40s is invalid, and the answer says what was found', ([value, found], { expect }) => {
    expect(scan(`{"timeout":${value}}`)).toMatchObject({ valid: true, timeout: { kind: 'invalid', found } })
  })
})

describe("Python's int()", () => {
  it.for<[string, number | undefined]>([
    ['\t\n\v\f\r 5\x85\xa0\u2003\u3000', 5], ['\x1c5', undefined], ['\ufeff5', undefined], ['\u200b5', undefined],
    ['1__0', undefined], ['_1', undefined],
    ['1_', undefined], ['- 5', undefined], ['--5', undefined], ['-0', 0], ['007', 7], ['1e3', undefined],
    ['\u00b2', undefined], ['\u3007', undefined],
    ['\uff11\u0662_3', 123], ['\u{1d7ff}\u{1d7ce}', 90], ['5\0', undefined], [`${'0'.repeat(4299)}5`, 5],
    [`${'0'.repeat(4300)}5`, undefined],
  ])('reads %j as %s', ([text, expected], { expect }) => {
    expect(pythonInt(text)).toBe(expected)
  })
})

describe('beside the real orjson', () => {
  it('comes to the same verdict on thousands of valid and spoilt bodies, whole, cut anywhere and byte by byte', ({ expect }) => {
    const random = seeded(7)
    for (const { body, expected } of generatedBodies()) {
      const ways = {
        whole: [body],
        cut: cut(body, () => Math.floor(random() * 40)),
        bytes: cut(body, () => 1),
      }
      for (const [way, chunks] of Object.entries(ways)) {
        expect(withoutWording(scanChunks(chunks)), `${way}: ${body.toString('latin1').slice(0, 300)}`).toEqual(expected)
      }
    }
  }, 60_000)
})

function generatedBodies(): { body: Buffer; expected: unknown }[] {
  const python = process.env['MISP_TEST_PYTHON']
  if (python === undefined) throw new Error('MISP_TEST_PYTHON must name a Python interpreter that has orjson; it is not set')
  const script = fileURLToPath(new URL('scan_generate.py', import.meta.url))
  const lines = execFileSync(python, [script], { encoding: 'utf8', maxBuffer: 2 ** 28 }).trimEnd().split('\n')
  return lines.map((line) => {
    const [body, expected] = line.split('\t')
    return { body: Buffer.from(body!, 'base64'), expected: JSON.parse(expected!) as unknown }
  })
}

/** What orjson's verdict can be compared with: not why and where, in our words. */
function withoutWording(scanned: Scanned): unknown {
  if (!scanned.valid) return { valid: false }
  if (!scanned.object || scanned.timeout.kind !== 'invalid') return scanned
  return { ...scanned, timeout: { kind: 'invalid' } }
}
