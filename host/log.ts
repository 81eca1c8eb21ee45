import pino, { type Logger } from 'pino'
import type { Config } from './config/config.ts'
import { logClock } from './http/log_clock.ts'

/** The log on stderr: JSON lines, or lines for people. Neither the host's name nor its pid is repeated in every line. */
export async function makeLog({ level, format, debug, debugExtended }: Config['log']): Promise<Logger> {
  const wanted = (debug || debugExtended) && pino.levels.values[level] !== 10 ? 'debug' : level
  const time = logClock()
  const options = { level: wanted, base: null, timestamp: () => `,"time":"${time()}"` }
  const pretty = (format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty'
  return pino(options, pretty ? await prettyStream() : pino.destination({ fd: process.stderr.fd, sync: false }))
}

/** Loaded only where it is used: it takes longer to load than the rest of the log. */
async function prettyStream(): Promise<pino.DestinationStream> {
  const { build } = await import('pino-pretty')
  return build({ destination: process.stderr.fd, sync: true, colorize: process.stderr.isTTY, translateTime: 'SYS:HH:MM:ss.l' })
}
