import pino, { type Logger } from 'pino'
import type { Print } from './print.ts'

export interface DevLogOptions {
  readonly print: Print
  /** Name of the module that a request is about; undefined: it did not get as far as a module. */
  readonly moduleOf: (reqId: string | undefined) => string | undefined
}

/** A line of the log, as far as it is shown. */
interface Line {
  readonly level: number
  readonly msg?: string
  readonly reqId?: string
  readonly pid?: number
  readonly status?: number
  readonly method?: string
  readonly url?: string
  readonly ms?: number
  readonly outcome?: string
  readonly failure?: string
  readonly err?: { readonly message: string; readonly stack?: string }
}

/** The host's log for authors: what modules print, requests that are about no module, and what the host warns of. */
export function devLog({ print, moduleOf }: DevLogOptions): Logger {
  const show = (line: Line): void => {
    const { level, msg = '', reqId, status, err } = line
    if (status !== undefined) {
      if (moduleOf(reqId) === undefined) print('request', request(line))
    } else if (level >= WARN) {
      print(level >= ERROR ? 'error' : 'host', [msg, err?.stack ?? err?.message].filter(Boolean).join(': '))
    } else if (line.pid !== undefined) {
      print('log', [moduleOf(reqId), msg].filter(Boolean).join('  '))
    }
  }
  return pino({ level: 'info', base: null, timestamp: false }, { write: (text: string) => show(JSON.parse(text) as Line) })
}

const WARN = 40
const ERROR = 50

function request({ method, url, status, ms = 0, outcome, failure }: Line): string {
  const became = [outcome, failure].filter(Boolean).join(': ')
  return `${method} ${url}  ${status}  ${milliseconds(ms)}${became === '' ? '' : `  ${became}`}`
}

export function milliseconds(ms: number): string {
  return `${ms < TENTHS ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** Below so many milliseconds tenths of one are told. */
const TENTHS = 100
