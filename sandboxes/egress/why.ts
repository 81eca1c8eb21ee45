import { EgressError } from './egress_error.ts'

/** Says in the words of an EgressError what the network said in its own. */
export function toEgressError(error: unknown): EgressError {
  if (error instanceof EgressError) return error
  // Several addresses, several reasons: the first one is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return toEgressError(error.errors[0])
  const { code = '', message } = error as NodeJS.ErrnoException
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_)|_CERT(_|$)|^EPROTO$|^INVALID_CA$|^HOSTNAME_MISMATCH$/.test(code)) {
    return new EgressError('tls', `no secure connection: ${message}`, { cause: error })
  }
  const said = NETWORK[code]
  if (said !== undefined) return new EgressError('unreachable', `${said}: ${withoutCall(message)}`, { cause: error })
  if (code.startsWith('HPE_')) return new EgressError('unreachable', `what came back is no HTTP: ${message}`, { cause: error })
  return new EgressError('unreachable', `the request failed${code === '' ? '' : ` (${code})`}`, { cause: error })
}

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host has no address',
  ENODATA: 'the host has no address',
  ESERVFAIL: 'the name servers fail',
  EAI_AGAIN: 'no name server answers',
  ETIMEOUT: 'no name server answers',
  ECONNREFUSED: 'the host refuses the connection',
  ECONNRESET: 'the host ended the connection',
  EPIPE: 'the host ended the connection',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
}

/** `connect ECONNREFUSED 192.0.2.1:80` as `192.0.2.1:80`. */
function withoutCall(message: string): string {
  return message.replace(/^\w+ E\w+ /, '')
}
