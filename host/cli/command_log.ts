import pino, { type Logger } from 'pino'

/** The log of a command that a person waits for: warnings and worse, as plain lines on stderr. */
export function commandLog(): Logger {
  return pino({ level: 'warn', base: null, timestamp: false }, {
    write(line: string) {
      const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message: string } }
      process.stderr.write(`${[msg, err?.message].filter(Boolean).join(': ')}\n`)
    },
  })
}

export function silentLog(): Logger {
  return pino({ level: 'silent' })
}
