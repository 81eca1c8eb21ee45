import type { Account } from '../launch/trusted.ts'
import { startOf } from '../process_start.ts'

/** What runners of isolates and compile cells execute: the project's own code, made into JavaScript once. */
export interface IsolateFolder {
  readonly path: string
  /** The Node to run the programs with. */
  readonly node: string
  /** Program of a runner. Needs `--no-node-snapshot`, as every process with isolated-vm. */
  readonly runner: string
  /** Program of a compile cell. */
  readonly compile: string
  /** A script for isolates, no module. */
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

/** Whether the process that a mark is of still lives. */
export function isAlive(mark: string): boolean {
  const [pid, started] = mark.split('-')
  return startOf(Number(pid)) === started
}
