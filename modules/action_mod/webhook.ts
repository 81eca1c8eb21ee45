import { type Context, defineModule, ModuleError } from 'misp-module-host/sdk'

const TIMEOUT_MS = 20_000
const MOST_RETRIES = 5

export default defineModule({
  info: {
    name: 'Webhook',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Posts the data of a workflow as JSON to an address, signed if you like.',
    'module-type': ['action'],
    requirements: ['A service that takes JSON by POST'],
    features:
      'The body is `{"data": ...}`, with `matchingData` and `filteredItems` where the workflow has them. With a secret the header ' +
      '`X-MISP-Signature` is `sha256=` and the HMAC-SHA256 of the body, in hexadecimal, so that the receiver knows who wrote it. Other answers than 2xx are errors, and ' +
      'stop the workflow.',
    references: ['https://www.rfc-editor.org/rfc/rfc2104'],
    input: 'Whatever reaches the step in the workflow.',
    output: 'The status that the receiver answered.',
  },
  attributes: {
    config: {
      params: {
        url: { type: 'string', description: 'Where to post to, http or https' },
        secret: { type: 'string', description: 'Key of the signature; empty: none' },
        header: { type: 'string', description: 'One more header, as Name: value; for example Authorization: Bearer ...' },
        retries: { type: 'string', description: 'How often to try again where the receiver does not answer or is in trouble (5xx); 0 to 5', value: '0' },
      },
      blocking: true,
      support_filters: true,
      expect_misp_core_format: false,
    },
  },

  async handler({ params, data, matchingData, filteredItems }, context) {
    const url = addressOf(params.url)
    const body = JSON.stringify({ data: data ?? null, ...(matchingData === undefined ? {} : { matchingData }), ...(filteredItems === undefined ? {} : { filteredItems }) })
    const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'misp-module-host webhook', ...headerOf(params.header) }
    if (params.secret) headers['x-misp-signature'] = `sha256=${await hmacSha256(params.secret, body)}`
    const most = retriesOf(params.retries)
    for (let tried = 0; ; tried++) {
      const { status, trouble } = await post(context, url, { headers, body })
      if (trouble === undefined) return { data: { status } }
      const again = tried < most && (status === undefined || status >= 500)
      if (!again) throw new ModuleError(`${url.host} ${trouble}${tried > 0 ? `, also when asked ${tried} more times` : ''}.`)
      context.log.warn(`${url.host} ${trouble}; trying again`)
      await pause(500 * 2 ** tried, context.signal)
    }
  },
})

interface Posted {
  readonly status?: number
  /** What went wrong, to follow the name of the receiver. */
  readonly trouble?: string
}

async function post({ fetch }: Pick<Context, 'fetch'>, url: URL, request: { headers: Record<string, string>; body: string }): Promise<Posted> {
  const tooLate = new AbortController()
  const timer = setTimeout(() => tooLate.abort(), TIMEOUT_MS)
  try {
    // A redirect could lead the data, and the header with it, to somebody else.
    const response = await fetch(url.href, { method: 'POST', redirect: 'manual', signal: tooLate.signal, ...request })
    await response.text()
    return response.ok ? { status: response.status } : { status: response.status, trouble: `answered ${response.status}` }
  } catch (error) {
    if (tooLate.signal.aborted) return { trouble: `did not answer within ${TIMEOUT_MS / 1000} s` }
    const { message, cause } = error as { message?: string; cause?: { message?: string } }
    return { trouble: `cannot be reached: ${cause?.message || message || String(error)}` }
  } finally {
    clearTimeout(timer)
  }
}

function addressOf(value: string | undefined): URL {
  const url = URL.canParse(value ?? '') ? new URL(value ?? '') : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new ModuleError(`The parameter "url" should be an http or https address, and is "${value ?? ''}".`)
  return url
}

function headerOf(value: string | undefined): Record<string, string> {
  if (value === undefined || value.trim() === '') return {}
  const [, name, content] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*([^\r\n]*?)\s*$/.exec(value) ?? []
  if (name === undefined || content === undefined) throw new ModuleError('The parameter "header" should be one header, as Name: value.')
  return { [name.toLowerCase()]: content }
}

function retriesOf(value: string | undefined): number {
  const retries = Number(value?.trim() || 0)
  if (!Number.isInteger(retries) || retries < 0 || retries > MOST_RETRIES) throw new ModuleError(`The parameter "retries" should be 0 to ${MOST_RETRIES}, and is "${value}".`)
  return retries
}

/** From digests alone, which is what isolates have of `crypto.subtle`. */
async function hmacSha256(secret: string, message: string): Promise<string> {
  const block = 64
  const bytes = new TextEncoder().encode(secret)
  const key = new Uint8Array(block)
  key.set(bytes.length > block ? await sha256(bytes) : bytes)
  const inner = await sha256(joined(key.map((byte) => byte ^ 0x36), new TextEncoder().encode(message)))
  const outer = await sha256(joined(key.map((byte) => byte ^ 0x5c), inner))
  return [...outer].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new ModuleError('The time for the query is over.'))
    }, { once: true })
  })
}
