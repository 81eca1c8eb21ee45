import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstallOptions } from '../../../sandboxes/python/install.ts'
import type { InstallEvent } from '../../../sandboxes/python/install_events.ts'
import { probePython } from '../../../sandboxes/python/probe.ts'
import { testPython } from '../../support/python.ts'
import { LOST, makeWheels, MISP_MODULES, NEEDED, type Wheel } from './wheels.ts'

/** An index at a port that nobody listens at. */
export const CLOSED = 'http://127.0.0.1:9/simple/'
/** Wheels with which nothing is missing. */
export const COMPLETE: readonly Wheel[] = [MISP_MODULES, ...NEEDED, LOST]

/** A liveness bound: an environment takes some seconds, several times that on a busy machine. */
export const MADE_WITHIN_MS = 180_000

/** An install from a folder of these wheels into a state folder that does not exist yet. */
export function setUp(folder: string, wheels: readonly Wheel[], variables: Record<string, string>) {
  const events: InstallEvent[] = []
  const findLinks = makeWheels(join(folder, 'wheels'), wheels)
  const environment = basic(folder, { PIP_RETRIES: '0', ...variables })
  const report = (event: InstallEvent) => void events.push(event)
  return { options: { ...plain(join(folder, 'state'), environment), findLinks, report }, events }
}

/** Everything from what the environment says, nothing shown. */
export function plain(state: string, environment: Record<string, string>): InstallOptions {
  return { state, extras: 'all', constraints: null, environment, report: () => {}, probe: probePython }
}

/** Only the test's own Python on PATH, and none of this machine's settings of pip. */
export function basic(folder: string, variables: Record<string, string>): Record<string, string> {
  const bin = join(folder, 'bin')
  if (!existsSync(bin)) {
    mkdirSync(bin)
    symlinkSync(testPython(), join(bin, 'python3'))
  }
  return { PATH: `${bin}`, HOME: folder, PIP_CONFIG_FILE: '/dev/null', ...variables }
}

/** The same in a process of its own, which prints its events. */
export function startInstall(options: object, environment: Record<string, string>): ChildProcess {
  const script = fileURLToPath(new URL('install_in_child.ts', import.meta.url))
  return spawn(process.execPath, [script, JSON.stringify(options)], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
}
