/** Reading what somebody else wrote, who may have written anything: whatever is not as expected is as if it were not there. */

export type Json = Readonly<Record<string, unknown>>

export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Text that says something; numbers count as text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

export function texts(values: unknown): string[] {
  return list(values).map(text).filter((value) => value !== undefined)
}

/** A moment in any form that JavaScript reads; without a time zone it is UTC. */
export function moment(value: unknown): Date | undefined {
  const written = text(value)?.replace(/^(\d{4}-\d\d-\d\d) (\d)/, '$1T$2')
  if (written === undefined) return undefined
  const date = new Date(/T[\d:.]+$/.test(written) ? `${written}Z` : written)
  return Number.isNaN(date.getTime()) ? undefined : date
}
