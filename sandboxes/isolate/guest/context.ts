import { create, freeze } from './primordials.ts'

/** What the web functions of `globalThis` were before any code of the module ran. */
export interface Capabilities {
  readonly fetch: unknown
  readonly dns: unknown
  readonly AbortController: new () => { readonly signal: unknown; abort(reason?: unknown): void }
  readonly DOMException: (new (message: string, name: string) => unknown) | undefined
}

export interface QueryContext {
  /** What the handler gets. */
  readonly context: object
  /** Aborts the handler's signal, where it has ever looked at it. */
  readonly expire: () => void
}

/** The second argument of a handler, for one query. */
export function makeContext(query: Record<string, unknown>, log: object, capabilities: Capabilities): QueryContext {
  const { fetch, dns, AbortController, DOMException } = capabilities
  let controller: { readonly signal: unknown; abort(reason?: unknown): void } | undefined
  const context = {
    config: configOf(query),
    log,
    fetch,
    dns,
    get signal() {
      return (controller ??= new AbortController()).signal
    },
  }
  const message = 'the time for this query is over'
  return {
    context: freeze(context),
    expire: () => controller?.abort(DOMException === undefined ? new Error(message) : new DOMException(message, 'TimeoutError')),
  }
}

function configOf(query: Record<string, unknown>): object {
  const config = query !== null && typeof query === 'object' ? query['config'] : undefined
  return freeze(config !== null && typeof config === 'object' ? config : create(null))
}
