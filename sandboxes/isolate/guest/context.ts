import { create, freeze } from './primordials.ts'
import { AbortController } from './web/abort.ts'
import type { Call } from './web/call.ts'
import { DOMException } from './web/dom_exception.ts'
import { makeFetch, type Fetch } from './web/fetch.ts'

export interface Shared {
  readonly log: object
  readonly dns: object
  readonly call: Call
}

export interface QueryContext {
  /** What the handler gets. */
  readonly context: object
  /** Aborts the handler's signal, and what it fetches. */
  readonly expire: () => void
}

/** The second argument of a handler, for one query. What few modules need is made when it is asked for. */
export function makeContext(query: Record<string, unknown>, { log, dns, call }: Shared): QueryContext {
  let controller: AbortController | undefined
  let fetch: Fetch | undefined
  const signal = () => (controller ??= new AbortController()).signal
  const context = {
    config: configOf(query),
    log,
    dns,
    get signal() {
      return signal()
    },
    get fetch() {
      return (fetch ??= makeFetch(call, signal()))
    },
  }
  return { context: freeze(context), expire: () => controller?.abort(new DOMException('the time for this query is over', 'TimeoutError')) }
}

function configOf(query: Record<string, unknown>): object {
  const config = query !== null && typeof query === 'object' ? query['config'] : undefined
  return freeze(config !== null && typeof config === 'object' ? config : create(null))
}
