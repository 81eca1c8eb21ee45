import { DOMException } from './dom_exception.ts'

const ERRORS: Readonly<Record<string, ErrorConstructor>> = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

/**
 * A copy of a value that shares nothing with it: primitives and their objects, Date, RegExp, Map, Set, Error, ArrayBuffer, views,
 * arrays and plain objects, with the same references to each other, cycles among them. Throws DataCloneError for anything else.
 */
export function structuredClone<Value>(value: Value): Value {
  return copy(value, new Map()) as Value
}

type Known = Map<unknown, unknown>

function copy(value: unknown, known: Known): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw notCloned(value)
  if (typeof value !== 'object' || value === null) return value
  if (known.has(value)) return known.get(value)
  const keep = <Copy>(made: Copy): Copy => {
    known.set(value, made)
    return made
  }
  if (Array.isArray(value)) {
    const array: unknown[] = keep([])
    array.length = value.length
    return copyOwn(value, array, known)
  }
  if (value instanceof Date) return keep(new Date(value.getTime()))
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags))
  if (value instanceof ArrayBuffer) return keep(value.slice(0))
  if (ArrayBuffer.isView(value)) return keep(copyView(value, known))
  if (value instanceof Error) return copyError(value, keep, known)
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()))
  if (value instanceof Map) {
    const map: Known = keep(new Map())
    for (const [key, each] of Array.from(value as Known)) map.set(copy(key, known), copy(each, known))
    return map
  }
  if (value instanceof Set) {
    const set = keep(new Set())
    for (const each of Array.from(value as Set<unknown>)) set.add(copy(each, known))
    return set
  }
  // What else has a kind of its own (promises, weak references, URLs) is more than its properties.
  if (Object.prototype.toString.call(value) !== '[object Object]') throw notCloned(value)
  return copyOwn(value, keep({}), known)
}

function copyOwn<Target extends object>(from: object, to: Target, known: Known): Target {
  for (const [key, value] of Object.entries(from)) Object.defineProperty(to, key, { value: copy(value, known), configurable: true, enumerable: true, writable: true })
  return to
}

/** Views of one buffer stay views of one buffer. */
function copyView(view: ArrayBufferView, known: Known): ArrayBufferView {
  const buffer = copy(view.buffer, known) as ArrayBuffer
  const View = view.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView
  return new View(buffer, view.byteOffset, 'length' in view ? view.length as number : view.byteLength)
}

function copyError(error: Error, keep: <Copy>(made: Copy) => Copy, known: Known): Error {
  const copied = keep(new (ERRORS[error.name] ?? Error)(error.message))
  for (const key of ['stack', 'cause'] as const) {
    if (Object.hasOwn(error, key)) Object.defineProperty(copied, key, { value: copy(error[key], known), configurable: true, writable: true })
  }
  return copied
}

function notCloned(value: unknown): DOMException {
  const what = typeof value === 'object' ? Object.prototype.toString.call(value) : `a ${typeof value}`
  return new DOMException(`${what} cannot be cloned`, 'DataCloneError')
}
