import type { GuestLimits, HostFunctions } from './limits.ts'
import { indexOf, slice } from './primordials.ts'
import { shown, traceOf } from './text_of.ts'

/** Most of one line that is kept. */
const LINE = 8 * 1024

export interface Log {
  readonly write: (parts: readonly unknown[], prefix?: string) => void
  readonly begin: () => void
}

/** What a module says, capped per query inside the isolate: beyond the caps nothing leaves it. */
export function makeLog({ log }: HostFunctions, { logBytes, logLines }: GuestLimits): Log {
  let bytes = 0
  let lines = 0
  const room = () => lines < logLines && bytes < logBytes
  return {
    begin: () => void (bytes = lines = 0),
    write(parts, prefix = '') {
      if (!room()) return
      let text = prefix
      for (let i = 0; i < parts.length && text.length < logBytes; i += 1) text += `${i > 0 ? ' ' : ''}${slice(shown(parts[i]), 0, logBytes)}`
      for (let from = 0; from <= text.length && room();) {
        const found = indexOf(text, '\n', from)
        const end = found < 0 ? text.length : found
        const line = slice(text, from, end)
        from = end + 1
        const cut = line.length > LINE ? `${slice(line, 0, LINE)} ... (cut)` : line
        bytes += cut.length
        lines += 1
        log(cut)
      }
      if (!room()) log(`... the rest is dropped: a query may log ${logLines} lines and ${logBytes} bytes`)
    },
  }
}

/** The global `console`: everything goes to the log of the query. */
export function makeConsole({ write }: Log): object {
  const say = (...parts: unknown[]) => write(parts)
  const nothing = () => {}
  return {
    log: say, info: say, debug: say, warn: say, error: say, dir: say, table: say, group: say, groupCollapsed: say,
    trace: (...parts: unknown[]) => write([...parts, traceOf(new Error('trace'))]),
    assert: (condition: unknown, ...parts: unknown[]) => {
      if (!condition) write(['assertion failed:', ...parts])
    },
    groupEnd: nothing, time: nothing, timeEnd: nothing, timeLog: nothing, count: nothing, countReset: nothing, clear: nothing,
  }
}

/** `context.log`. */
export function makeContextLog({ write }: Log): object {
  return Object.freeze({
    debug: (...parts: unknown[]) => write(parts),
    info: (...parts: unknown[]) => write(parts),
    warn: (...parts: unknown[]) => write(parts, 'warning: '),
    error: (...parts: unknown[]) => write(parts, 'error: '),
  })
}
