import { Resolver } from 'node:dns/promises'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export async function ask(module, query, { fetch: fetchOption, dns, config = {}, timeoutMs = 10_000, log = SILENT } = {}) {
  const asked = handlerOf(module)
  const body = JSON.parse(JSON.stringify({ ...query, ...(Object.keys(config).length === 0 ? {} : { config: { ...query.config, ...config } }) }))
  const signal = AbortSignal.timeout(timeoutMs)
  const fetchFor = fetchOption ?? globalThis.fetch
  const context = Object.freeze({
    config: Object.freeze({ ...body.config }),
    log,
    signal,
    fetch: (input, init = {}) => fetchFor(input, { ...init, signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal }),
    dns: dns ?? new Resolver(),
  })
  const tooLate = new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  const answer = JSON.stringify(await Promise.race([asked(body, context), tooLate]))
  if (answer === undefined) throw new TypeError('the handler should answer something that JSON can hold, and answered undefined')
  return JSON.parse(answer)
}

function handlerOf(module) {
  const found = module?.default?.handler === undefined ? module : module.default
  if (typeof found?.handler !== 'function') {
    throw new TypeError(`ask wants a module with a function "handler"; this has ${Object.keys(module ?? {}).join(', ') || 'nothing'}`)
  }
  return (query, context) => found.handler(query, context)
}
