import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { findBubblewrap, StrictUnavailable } from '../../sandboxes/launch/bubblewrap.ts'
import type { DoorsOptions } from '../../sandboxes/egress/doors.ts'
import { ControlGroups } from '../../sandboxes/launch/groups/control_groups.ts'
import { findGroupFolders, sweepGroups, type NoGroups } from '../../sandboxes/launch/groups/find.ts'
import type { Launch } from '../../sandboxes/launch/launch.ts'
import { writeEtc } from '../../sandboxes/launch/mounts.ts'
import { TRUSTED, type Policy, type ProfileName } from '../../sandboxes/launch/policy.ts'
import type { Tried } from '../../sandboxes/launch/probe/judge.ts'
import { probeStrict, type ProbeOptions } from '../../sandboxes/launch/probe/probe.ts'
import { checkFilters } from '../../sandboxes/launch/seccomp/check.ts'
import { strict, strictPolicy } from '../../sandboxes/launch/strict.ts'
import { trusted, type Account } from '../../sandboxes/launch/trusted.ts'

/** How modules are started here, and what that was found to be worth. */
export interface Profile {
  readonly policy: Policy
  readonly launch: (folders: LaunchFolders) => Launch
  /** Opens a door for a cell, where modules reach the network by doors. */
  readonly openDoor?: DoorsOptions['open']
  /** Where the kernel bounds each cell as a whole; else why it does not. */
  readonly groups: ControlGroups | NoGroups
  /** What was tried of it, and when; undefined where there is nothing to try. */
  readonly tried: () => { readonly tried: readonly Tried[]; readonly at: Date } | undefined
  /** Why nothing is run at the moment. undefined: it is. */
  readonly unavailable: () => string | undefined
  /** Tries it again; what is found holds from then on. */
  readonly tryAgain: () => Promise<void>
}

export interface LaunchFolders {
  readonly home: string
  readonly cwd: string
}

export interface ProfileOptions {
  readonly name: ProfileName
  readonly environment: Readonly<Record<string, string | undefined>>
  /** undefined: the host's own account. */
  readonly account: Account | undefined
  /** Whether each strict cell has an account of its own, of those from this one on. */
  readonly accounts: boolean
  /** Folder for what lives only as long as this process. */
  readonly run: string
  readonly openDoor?: DoorsOptions['open']
  readonly log: Logger
}

/** What the cells of the probe are made of. */
export type ProbedKinds = Pick<ProbeOptions, 'node' | 'isolates' | 'python'>

/** The profile that the operator wants. Rejects with StrictUnavailable where it cannot be had: nothing weaker is taken instead. */
export async function openProfile(options: ProfileOptions, kinds: () => ProbedKinds): Promise<Profile> {
  return options.name === 'trusted' ? trustedProfile(options) : await strictProfile(options, kinds)
}

function trustedProfile({ account, environment }: ProfileOptions): Profile {
  return {
    policy: TRUSTED,
    launch: ({ home, cwd }) => trusted({ account, environment, home, cwd }),
    groups: { unavailable: 'the profile trusted uses none' },
    tried: () => undefined,
    unavailable: () => undefined,
    tryAgain: () => Promise.resolve(),
  }
}

/** The parts of the profile strict, of which nothing has been tried. */
export async function strictParts({ account, accounts, environment, run }: Omit<ProfileOptions, 'name' | 'log' | 'openDoor'>, kinds: () => ProbedKinds): Promise<StrictParts> {
  const { path: bwrap, version } = await findBubblewrap(environment['PATH'] ?? '')
  checkFilters()
  openRun(run)
  const etc = join(run, 'etc')
  writeEtc(etc)
  const launch = strict({ bwrap, account, accounts, etc })
  const policy = strictPolicy()
  return { launch, policy, bubblewrap: `${bwrap}, version ${version}`, probe: () => probeStrict({ launch, ...kinds(), filter: policy.hold?.filter ?? '', folder: etc }) }
}

/** Makes the folder of this process: other accounts go through it to what is theirs. */
export function openRun(run: string): void {
  mkdirSync(run, { recursive: true })
  chmodSync(run, 0o711)
}

export interface StrictParts {
  readonly launch: Launch
  readonly policy: Policy
  readonly bubblewrap: string
  /** Rejects with StrictUnavailable where no cell starts. */
  readonly probe: () => Promise<readonly Tried[]>
}

async function strictProfile(options: ProfileOptions, kinds: () => ProbedKinds): Promise<Profile> {
  const { launch, policy, probe } = await strictParts(options, kinds)
  const { log, openDoor } = options
  const folders = findGroupFolders()
  if (!('unavailable' in folders)) sweepGroups(folders)
  let tried = await probe()
  let triedAt = new Date()
  const failed = complaintOf(tried)
  if (failed !== undefined) throw new StrictUnavailable(failed, DOCTOR)
  let unavailable: string | undefined
  return {
    policy,
    launch: () => launch,
    ...(openDoor !== undefined && { openDoor }),
    groups: 'unavailable' in folders ? folders : new ControlGroups(folders),
    tried: () => ({ tried, at: triedAt }),
    unavailable: () => unavailable,
    async tryAgain() {
      const before = unavailable
      try {
        tried = await probe()
        unavailable = complaintOf(tried)
      } catch (error) {
        unavailable = (error as Error).message
      }
      triedAt = new Date()
      if (unavailable !== undefined) log.error({ reason: unavailable }, 'the profile strict no longer holds: no module is run until it does')
      else if (before !== undefined) log.info('the profile strict holds again')
    },
  }
}

const DOCTOR = 'misp-module-host doctor --profile strict'

function complaintOf(tried: readonly Tried[]): string | undefined {
  const failed = tried.filter(({ holds }) => !holds).map(({ what, found }) => `"${what}" does not hold (${found})`)
  return failed.length === 0 ? undefined : failed.join('; ')
}
