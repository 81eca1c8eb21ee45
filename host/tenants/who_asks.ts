import type { KeyOwner, KeyRing } from './key_ring.ts'

/** Where a request came in. */
export interface Entrance {
  /** Whose it is; undefined: everybody's. */
  readonly tenant: string | undefined
  /** Whether one who names no key is taken for that tenant: where nobody else can get. */
  readonly keyless: boolean
}

export interface Refusal {
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BUSY'
  /** What was expected; for the caller. */
  readonly detail: string
}

/** The tenant or the operator, by the key where there was one; or why there is none. */
export type Asker = (Pick<KeyOwner, 'name'> & Partial<KeyOwner> & { readonly refusal?: undefined }) | { readonly refusal: Refusal }

/** Who asks, by the header `Authorization` of a request: Basic with the tenant as the user name, or Bearer. */
export function whoAsks(authorization: string | undefined, ring: KeyRing, { tenant, keyless }: Entrance): Asker {
  if (authorization === undefined) return keyless && tenant !== undefined ? { name: tenant } : UNKNOWN
  const { user, key } = credentialsIn(authorization) ?? {}
  const owner = key === undefined ? undefined : ring.ownerOf(key, user)
  if (owner === undefined) return UNKNOWN
  return tenant === undefined || tenant === owner.name ? owner : ELSEWHERE
}

const UNKNOWN: Asker = {
  refusal: { code: 'UNAUTHENTICATED', detail: 'expected a key: HTTP Basic with the name of the tenant as the user name and the key as the password, or Bearer with the key' },
}
const ELSEWHERE: Asker = { refusal: { code: 'FORBIDDEN', detail: 'the key is not for this port' } }

/** undefined: of a form that nobody here knows. */
function credentialsIn(authorization: string): { readonly user: string | undefined; readonly key: string } | undefined {
  const [, scheme = '', token = ''] = /^(basic|bearer) +([\w.~+/=-]+)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return { user: undefined, key: token }
  if (scheme === '') return undefined
  const text = Buffer.from(token, 'base64').toString()
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), key: text.slice(colon + 1) }
}
