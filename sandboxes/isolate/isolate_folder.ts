import type { Account } from '../launch/trusted.ts'

/** What runners of isolates and compile cells execute: the project's own code, made into JavaScript once. */
export interface IsolateFolder {
  readonly path: string
  /** The Node to run the programs with. */
  readonly node: string
  /** Program of a runner. Needs `--no-node-snapshot`, as every process with isolated-vm. */
  readonly runner: string
  /** Program that tries whether isolates can be made and hold. */
  readonly probe: string
  /** Program of a compile cell. */
  readonly compile: string
  /** A script for isolates, no module; what V8 has made of it is beside it. */
  readonly guest: string
  /** What `misp-module-host/sdk` is for modules. */
  readonly sdk: string
  /** Digest of everything that it was made from. */
  readonly version: string
}

/** Why no module in TypeScript or JavaScript can run here. */
export interface NoIsolates {
  readonly unusable: string
}

export interface PrepareOptions {
  /** The state folder. */
  readonly state: string
  /** Whom runners run as. undefined: the host's own account. */
  readonly account: Account | undefined
  /** Whether everything has to be in the folder itself, because its users see nothing else. */
  readonly whole?: boolean
}

/** Written last: a folder without it is not whole. Says which Node it was tried with. */
export const READY = 'ready.json'
