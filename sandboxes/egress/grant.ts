import type { EgressGrant } from '../contract.ts'

/** What a module may reach of which the operator has said nothing, in the profile `trusted`: whatever is public. */
export const ANY_PUBLIC: EgressGrant = Object.freeze({
  hosts: undefined,
  networks: [],
  ports: undefined,
  methods: undefined,
  headers: [],
  proxy: undefined,
  caFile: undefined,
  connectMs: 10_000,
  requestMs: 60_000,
  responseBytes: 64 << 20,
})

/** Nothing at all. */
export const NOTHING: EgressGrant = Object.freeze({ ...ANY_PUBLIC, hosts: [], ports: [] })
