import { answerTo, type Call } from './call.ts'

export interface Dns {
  /** What `resolve` of Node's `dns/promises` answers for A, AAAA, MX, NS, TXT, PTR, CNAME and SOA; PTR takes an address too. */
  readonly resolve: (name: string, type?: string) => Promise<unknown>
}

/** DNS for a module. What fails is an Error with the host's `code`. */
export function makeDns(call: Call): Dns {
  return { resolve: (name, type = 'A') => answerTo(call, 'dns', { name: String(name), type: String(type) }) }
}
