import type { Launch } from '../launch/launch.ts'
import type { ControlGroups } from '../launch/groups/control_groups.ts'
import type { Policy } from '../launch/policy.ts'
import type { CellSpec } from '../runtime.ts'
import type { Share } from '../shared_bytes.ts'
import type { LogCaps } from '../wire/log_lines.ts'
import type { Runner } from '../wire/runner.ts'

/** One confined process tree: what gets killed. */
export interface Cell {
  readonly name: string
  /** The process at the top of the tree. */
  readonly pid: number
  /** Whether further runners can be had from it. */
  readonly alive: boolean
  /** What it holds between queries for the module that it is, in bytes; undefined: it is no module. */
  readonly heldBytes?: number | undefined
  /** Whether one of its runners has a query, or is about to be there. */
  readonly isAsked?: boolean
  /** Settles when the process at the top has ended. */
  readonly ended: Promise<void>
  /** Settles when nothing of the tree is left. */
  readonly gone: Promise<void>
  /**
   * Lets a cell that was started for no module in particular become one of this kind, which may only name what it sees already. Where
   * modules are apart, before any runner is had from it. Rejects with SANDBOX_UNAVAILABLE.
   */
  become?(spec: CellSpec): Promise<void>
  /** A fresh runner that speaks the protocol. Rejects with SANDBOX_UNAVAILABLE. */
  open(): Promise<Runner>
  /** Ends the tree: politely, then not. */
  close(): void
}

export interface CellOptions {
  readonly launch: Launch
  readonly policy: Policy
  /** Where the kernel bounds cells as a whole. */
  readonly groups?: ControlGroups | undefined
  /** Most bytes that cells may hold together for modules that are not being asked. Any where absent. */
  readonly heldBytes?: () => number
  /** Folder for the sockets of cells, private to the runners' account. */
  readonly socketFolder: string
  readonly maxFrame: number
  /** See RunnerParts. */
  readonly answers?: Pick<Share, 'enter'> | undefined
  readonly logCaps: LogCaps
  readonly onLog: (runner: Runner | undefined, text: string, query: string | undefined) => void
}
