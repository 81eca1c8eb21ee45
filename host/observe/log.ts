import pino, { type Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { logClock } from '../http/log_clock.ts'

/** The log on stderr: JSON lines, or lines for people. Neither the host's name nor its pid is repeated in every line. */
export async function makeLog({ level, format, debug, debugExtended }: Config['log']): Promise<Logger> {
  const wanted = (debug || debugExtended) && pino.levels.values[level] !== 10 ? 'debug' : level
  const time = logClock()
  const options = { level: wanted, base: null, timestamp: () => `,"time":"${time()}"`, serializers: { err: toldOf } }
  const pretty = (format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty'
  return pino(options, pretty ? await prettyStream() : unbreakable(false))
}

/** Where in the host something was found out helps nobody who has but to mend what its message names. */
function toldOf(error: Error): object {
  const { stack, ...told } = pino.stdSerializers.err(error)
  return EXPECTED.has(error.name) ? told : { ...told, stack }
}

const EXPECTED = new Set(['ConfigError', 'OperatorError', 'SetupError'])

/** Loaded only where it is used: it takes longer to load than the rest of the log. */
async function prettyStream(): Promise<pino.DestinationStream> {
  const { build } = await import('pino-pretty')
  return build({ destination: unbreakable(true), colorize: process.stderr.isTTY, translateTime: 'SYS:HH:MM:ss.l' })
}

/** Text that waits to be written; beyond it lines are dropped. */
const MOST_WAITING = 8 << 20

/**
 * A log that cannot be written, on a full disk for one, must not end or hold up what it tells of. What waits is written when there
 * is room again; but nothing waits for that by flushing, which pino does at the end and would do until there is.
 */
function unbreakable(sync: boolean): ReturnType<typeof pino.destination> {
  const stream = pino.destination({ fd: process.stderr.fd, sync, maxLength: MOST_WAITING })
  const flush = stream.flushSync.bind(stream)
  let failing = false
  stream.on('error', () => { failing = true })
  stream.on('write', () => { failing = false })
  stream.flushSync = () => {
    if (!failing) flush()
  }
  // Before pino's own: an event loop that has nothing left but a log that fails would never end.
  process.prependListener('beforeExit', () => {
    if (failing) stream.destroy()
  })
  return stream
}
