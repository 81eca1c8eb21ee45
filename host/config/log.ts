import { z } from 'zod'
import { setting } from './setting.ts'

/** What goes to stderr, and how. */
export const Log = z.strictObject({
  level: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    flag: 'log-level', value: 'LEVEL', what: 'the least serious lines that are written',
  }),
  format: setting(z.enum(['pretty', 'json']).optional(), {
    flag: 'log-format', value: 'FORMAT', what: 'form of the log (default: pretty on a terminal, json elsewhere)',
  }),
  debug: setting(z.boolean().default(false), {
    flag: 'debug', short: 'd', what: 'log the body of each query, without settings, data and user',
  }),
  debugExtended: setting(z.boolean().default(false), {
    flag: 'debug-extended', what: 'log bodies and every HTTP exchange of a module, credentials included',
  }),
})
export type Log = z.infer<typeof Log>
