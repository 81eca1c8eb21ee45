import { chmodSync } from 'node:fs'
import { Cells } from '../sandboxes/cell/cells.ts'
import type { CellOptions } from '../sandboxes/cell/cell.ts'
import type { EgressCaps } from '../sandboxes/egress/gate/messages.ts'
import type { Told } from '../sandboxes/egress/gate_process.ts'
import { ControlGroups } from '../sandboxes/launch/groups/control_groups.ts'
import type { Account } from '../sandboxes/launch/trusted.ts'
import { Scratch } from '../sandboxes/scratch.ts'
import type { Places } from '../sandboxes/start_runner.ts'
import type { Config } from './config/config.ts'
import { LOCAL } from './config/tenants.ts'
import type { Profile } from './ground/profile.ts'

export interface PlacesOptions extends Pick<CellOptions, 'onLog' | 'heldBytes' | 'answers'> {
  readonly config: Config
  readonly profile: Profile
  /** undefined: the host's own account. */
  readonly account: Account | undefined
  /** Folder for what lives only as long as this process. */
  readonly run: string
  /** Hears of each request of a module to the network, where it goes by a door. */
  readonly told?: Told
}

/** Where runners come from, and the folders they work in. */
export function makePlaces({ config: { limits, python, egress, tenant }, profile, account, run, told, onLog, heldBytes, answers }: PlacesOptions): Places {
  const scratch = new Scratch(run, account)
  const home = scratch.make('home')
  const cells = new Cells({
    launch: profile.launch({ home, cwd: scratch.make('cells') }),
    policy: profile.policy,
    groups: profile.groups instanceof ControlGroups ? profile.groups : undefined,
    socketFolder: socketFolder(scratch, profile),
    maxFrame: limits.outputMb * MEGABYTE,
    answers,
    logCaps: { bytes: limits.logKb * 1024, lines: limits.logLines },
    onLog,
    ...(heldBytes && { heldBytes }),
  }, python.idleSeconds * 1000, profile.openDoor && { open: profile.openDoor, told, tenant: tenant?.name ?? LOCAL, caps: capsOf(egress) })
  return { cells, scratch }
}

/** Cells that are apart have a folder of their own in it, to which their accounts go through. */
function socketFolder(scratch: Scratch, { policy }: Profile): string {
  const folder = scratch.make('sockets')
  if (policy.apart) chmodSync(folder, 0o711)
  return folder
}

function capsOf({ connections, requestsPerMinute, mbPerMinute, connectionSeconds }: Config['egress']): EgressCaps {
  return { connections, requestsPerMinute, bytesPerMinute: mbPerMinute * MEGABYTE, connectionMs: connectionSeconds * 1000 }
}

const MEGABYTE = 1 << 20
