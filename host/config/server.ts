import { z } from 'zod'
import { setting } from './setting.ts'

/** Where and how the API is served. */
export const Server = z.strictObject({
  listen: setting(z.string().default('localhost'), {
    flag: 'listen', short: 'l', value: 'NAME', what: 'name or address to listen at: every address it has; empty: all of the machine',
  }),
  port: setting(z.int().min(0).max(65_535).default(6666), {
    flag: 'port', short: 'p', value: 'PORT', what: 'port to listen at; 0: a free one',
  }),
  graceSeconds: setting(z.number().min(0).max(3600).default(10), {
    value: 'SECONDS', what: 'how long queries that run may go on after SIGTERM',
  }),
  bodiesMb: setting(z.int().min(1).default(2048), {
    value: 'MB', what: 'request bodies that may be held at once, all together',
  }),
  answersMb: setting(z.int().min(1).default(1024), {
    value: 'MB', what: 'answers that may be held at once, all together: a longer one comes alone, and what finds no room waits in its runner',
  }),
  unreadSeconds: setting(z.number().positive().max(86_400).default(300), {
    value: 'SECONDS', what: 'an answer of more than 64 KB of which nothing is read for so long ends its connection',
  }),
  bodySeconds: setting(z.number().positive().max(86_400).default(300), {
    value: 'SECONDS', what: 'how long a query of /api/v1 may take to arrive; one of /query may take any time',
  }),
  earlyPercent: setting(z.number().min(0).max(50).default(5), {
    value: 'PERCENT', what: "how much of a request's own timeout its answer leaves early, before the client gives up",
  }),
  earlyLeastMs: setting(z.number().min(0).default(100), { value: 'MS', what: 'at least so much earlier' }),
  earlyMostMs: setting(z.number().min(0).default(1000), { value: 'MS', what: 'at most so much earlier' }),
})
export type Server = z.infer<typeof Server>
