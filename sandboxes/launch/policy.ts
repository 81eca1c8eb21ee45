/** The profiles, by the names that operators know them by. */
export const PROFILES = ['trusted', 'strict'] as const
export type ProfileName = (typeof PROFILES)[number]

/**
 * What a profile asks of everything beside the launcher, as data: who reads it knows what to do and not for whom. How the process of a
 * cell is started is the other half of a profile: trusted.ts and strict.ts.
 */
export interface Policy {
  readonly profile: ProfileName
  /** Nothing of one query is there for the next: a runner has one, and so has an isolate. */
  readonly fresh: boolean
  /** Each module has cells of its own, which have pids of their own, and of files the module's root and no other. */
  readonly apart: boolean
  /** V8 may make machine code. */
  readonly jit: boolean
  /** How modules reach the network: by connections of their own, or by the door of their cell and in no other way. */
  readonly network: 'direct' | 'door'
  /** A module that crashes again and again is off for a while. */
  readonly breaks: boolean
  /** How a runner that has started holds itself before it runs a module; undefined: in no special way. */
  readonly hold: Hold | undefined
}

/** What a runner does to itself before it becomes a module. */
export interface Hold {
  /** A filter of system calls, in base64: see seccomp/filter.ts. undefined: that of its cell is all there is. */
  readonly filter?: string
  /** Processes and threads that its cell may have. */
  readonly processes: number
}

/** The same for a module that may start `processes`: not more of them. */
export function holdFor({ hold }: Policy, processes: boolean): Hold | undefined {
  return hold && processes ? { processes: hold.processes } : hold
}

/** The modules come from people whom the operator trusts. */
export const TRUSTED: Policy = { profile: 'trusted', fresh: false, apart: false, jit: true, network: 'direct', breaks: false, hold: undefined }
