/** Words by which libraries of Python and JavaScript say that they reached nobody. */
const TROUBLE = new RegExp([
  'ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT', 'ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'resolver could not', 'could not look up',
  'NameResolutionError', 'Name or service not known', 'name resolution', 'getaddrinfo', 'gaierror',
  'Max retries exceeded', 'ConnectionError', 'ConnectTimeout', 'ProxyError', 'ReadTimeout', 'Connection refused', 'Network is unreachable',
  'No route to host', 'NoNameservers', 'LifetimeTimeout', 'resolution lifetime expired', 'nameservers? failed', 'fetch failed',
  'Failed to establish a new connection', 'Cannot connect to host', 'not (?:able|possible) to (?:reach|connect)', 'could not (?:reach|connect)',
].join('|'), 'i')

/** Whether an error is about the network rather than about the module. */
export function networkTrouble(text: string): boolean {
  return TROUBLE.test(text)
}
