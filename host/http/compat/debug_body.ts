import type { Logger } from 'pino'

/** Longer bodies are logged by their size only: parsing them would hold up everybody else. */
const LONGEST = 1_048_576

const REDACTED = '[redacted]'

/** Writes the body of a query to the log: as it came, or without the settings (API keys), the data and the acting user. */
export function logBody(log: Logger, reqId: string, module: string | undefined, chunks: readonly Uint8Array[], debug: 'redacted' | 'full'): void {
  const body = Buffer.concat(chunks)
  const shown = debug === 'full' ? body.toString() : redacted(body)
  log.debug({ reqId, module, bodyBytes: body.length, body: shown }, 'query')
}

function redacted(body: Buffer): unknown {
  if (body.length > LONGEST) return `[longer than ${LONGEST} bytes]`
  try {
    return JSON.parse(body.toString(), (key, value: unknown) => {
      if (key === 'config') return withoutValues(value)
      return key === 'data' || key === 'user' ? REDACTED : value
    })
  } catch {
    // What cannot be parsed cannot be redacted either.
    return '[not JSON]'
  }
}

function withoutValues(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return config === null ? null : REDACTED
  return Object.fromEntries(Object.keys(config).map((key) => [key, REDACTED]))
}
