import { ErrorOf, isArray, slice, stringify, toText } from './primordials.ts'

const LONGEST = 64 * 1024

/** The stack of what was thrown, or its text where it has none; never throws, never more than 64 Ki characters. */
export function traceOf(thrown: unknown): string {
  try {
    if (thrown instanceof ErrorOf) {
      const { stack } = thrown as { stack?: unknown }
      const head = headOf(thrown)
      if (typeof stack !== 'string' || stack === '') return slice(head, 0, LONGEST)
      return slice(`${stack}${causeOf(thrown)}`, 0, LONGEST)
    }
    return slice(`${thrown !== null && typeof thrown === 'object' ? stringify(thrown) : toText(thrown)}`, 0, LONGEST)
  } catch {
    return 'something was thrown that has no text'
  }
}

function causeOf({ cause }: { cause?: unknown }): string {
  if (cause === undefined) return ''
  const text = cause instanceof ErrorOf && typeof cause.stack === 'string' ? cause.stack : toText(cause)
  return `\n[cause]: ${text}`
}

function headOf({ name, message }: Error): string {
  return `${toText(name)}: ${toText(message)}`
}

/** A value as a line of a log shows it; never throws. */
export function shown(value: unknown): string {
  try {
    if (typeof value === 'string') return value
    if (typeof value === 'bigint') return `${toText(value)}n`
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return toText(value)
    if (value instanceof ErrorOf) return traceOf(value)
    if (typeof value === 'function') return `[function ${toText(value.name)}]`
    return stringify(value) ?? (isArray(value) ? '[array]' : '[object]')
  } catch {
    return '[object that cannot be shown]'
  }
}

