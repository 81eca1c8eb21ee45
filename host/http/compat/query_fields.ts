import { pythonInt } from './python_int.ts'

/** A module is named after its file, and no file name is longer, in characters of any kind. */
export const LONGEST_NAME = 255

/** `other`: not a string, or a string longer than any module's name. */
export type ModuleField = { kind: 'absent' } | { kind: 'name'; name: string } | { kind: 'other' }

/** `seconds` is whole, and may be zero or negative. `found` tells the caller what stands in the place of a timeout. */
export type TimeoutField = { kind: 'absent' } | { kind: 'seconds'; seconds: number } | { kind: 'invalid'; found: string }

/** The value of a field as scanned: containers are not looked into, and `too long` is a scalar whose text was not kept. */
export type FieldValue = { scalar: string | number | boolean | null } | 'a list' | 'an object' | 'too long'

/** The timeouts, in seconds, that upstream's event loop can add to its clock. */
const SHORTEST = -86_399_999_913_600
const LONGEST = 86_399_999_999_999

export function moduleField(value: FieldValue): ModuleField {
  const name = typeof value === 'object' ? value.scalar : undefined
  return typeof name === 'string' && name.length <= LONGEST_NAME ? { kind: 'name', name } : { kind: 'other' }
}

export function timeoutField(value: FieldValue): TimeoutField {
  if (typeof value !== 'object') return { kind: 'invalid', found: value === 'too long' ? 'a value that is too long' : value }
  const seconds = pythonInt(value.scalar)
  if (seconds !== undefined && seconds >= SHORTEST && seconds <= LONGEST) return { kind: 'seconds', seconds }
  return { kind: 'invalid', found: JSON.stringify(value.scalar).slice(0, 80) }
}
