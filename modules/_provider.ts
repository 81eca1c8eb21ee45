import { type Context, ModuleError } from 'misp-module-host/sdk'

export interface Provider {
  /** As messages call it. */
  readonly name: string
  /** Its address where the setting `url` names no other, such as a mirror's. */
  readonly url: string
  /** Milliseconds for one answer; 20 s where it is left out. */
  readonly timeoutMs?: number
}

interface Asking {
  readonly fetch: Context['fetch']
  readonly config: { readonly url?: string }
}

/**
 * Asks for JSON at a path below the provider's address. undefined: the provider knows nothing of it (404). Throws ModuleError with the
 * provider's name for everything else that can happen: no connection, no answer in time, another status, something else than JSON.
 */
export async function fetchJson(context: Asking, provider: Provider, path: string): Promise<unknown> {
  const url = addressOf(provider, context.config.url, path)
  const { name, timeoutMs = 20_000 } = provider
  const tooLate = new AbortController()
  const timer = setTimeout(() => tooLate.abort(), timeoutMs)
  try {
    const response = await context.fetch(url, { headers: { accept: 'application/json' }, signal: tooLate.signal })
    if (response.status === 404) return undefined
    if (!response.ok) throw new ModuleError(`${name} answered ${response.status}${meaning(response.status)}.`)
    return parsed(name, await response.text())
  } catch (error) {
    if (error instanceof ModuleError) throw error
    if (tooLate.signal.aborted) throw new ModuleError(`${name} did not answer within ${timeoutMs / 1000} s.`)
    throw new ModuleError(`${name} cannot be reached: ${reasonOf(error)}`)
  } finally {
    clearTimeout(timer)
  }
}

function addressOf({ name, url }: Provider, setting: string | undefined, path: string): string {
  const base = setting?.trim() || url
  if (!/^https?:\/\/[^\s/]/i.test(base)) throw new ModuleError(`The setting "url" should be the http or https address of ${name}, and is "${base}".`)
  return `${base.replace(/\/+$/, '')}${path}`
}

function meaning(status: number): string {
  if (status === 429) return ' (asked too often; try again later)'
  if (status === 401 || status === 403) return ' (it does not serve us)'
  return status >= 500 ? ' (it is in trouble)' : ''
}

function parsed(name: string, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new ModuleError(`${name} answered something that is not JSON: ${JSON.stringify(body.slice(0, 60))}`)
  }
}

/** Node says why in `cause`, and "fetch failed" for itself. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } }
  return cause?.message || message || String(error)
}
