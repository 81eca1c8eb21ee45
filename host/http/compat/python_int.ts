/** Python refuses to convert more digits than this (`sys.set_int_max_str_digits`); leading zeros count, underscores do not. */
const MOST_DIGITS = 4300

/** What `int()` strips: neither JavaScript's `\s` (which has U+FEFF and lacks U+0085) nor `str.isspace` (which has U+001C). */
const SPACE = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/
const LITERAL = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u
const DECIMAL = /^\p{Nd}$/u

/**
 * Python's `int(value)` for a parsed JSON value: floats are truncated, true is 1, strings are read as Python reads them.
 * Undefined where Python raises. Exact within 2^53 either side of zero, which is all that a timeout needs.
 */
export function pythonInt(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return readLiteral(trim(value))
  // Adding 0 turns -0 into 0.
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value) + 0
  return undefined
}

/** By hand, because a regular expression that trims the end takes quadratic time on inner white space. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.test(text[start]!)) start++
  while (end > start && SPACE.test(text[end - 1]!)) end--
  return text.slice(start, end)
}

function readLiteral(literal: string): number | undefined {
  if (!LITERAL.test(literal)) return undefined
  const digits = Array.from(literal.replace(/[+_-]/g, ''))
  if (digits.length > MOST_DIGITS) return undefined
  const values = new Map(Array.from(new Set(digits), (digit) => [digit, decimalValue(digit)]))
  const magnitude = Number(digits.map((digit) => values.get(digit)).join(''))
  return literal.startsWith('-') ? 0 - magnitude : magnitude
}

/** Unicode keeps the decimal digits of a script together and in order, so the start of the run is a zero. */
function decimalValue(digit: string): number {
  const code = digit.codePointAt(0)!
  let zero = code
  while (DECIMAL.test(String.fromCodePoint(zero - 1))) zero--
  return (code - zero) % 10
}
