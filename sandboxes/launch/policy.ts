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
  /** The host's network functions reach something. */
  readonly network: boolean
  /** A module that crashes again and again is off for a while. */
  readonly breaks: boolean
  /** How a runner that has started holds itself before it runs a module; undefined: in no special way. */
  readonly hold: Hold | undefined
}

/** What a runner does to itself before it becomes a module. */
export interface Hold {
  /** A filter of system calls, in base64: see seccomp/filter.ts. */
  readonly filter: string
  /** Processes and threads that its cell may have. */
  readonly processes: number
}

/** The modules come from people whom the operator trusts. */
export const TRUSTED: Policy = { profile: 'trusted', fresh: false, apart: false, jit: true, network: true, breaks: false, hold: undefined }
