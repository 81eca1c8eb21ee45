import { execa } from 'execa'
import type { InstallLock } from './install_lock.ts'
import { progressOf, type Report } from './install_events.ts'

/** What the commands of one install share. */
export interface InstallRun {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly report: Report
  readonly lock: InstallLock
  readonly signal: AbortSignal | undefined
}

export interface Attempt {
  readonly ok: boolean
  /** Both streams in the order written. */
  readonly output: string
}

/**
 * Runs one command of an install to its end, reporting its progress. Never rejects for a failed command; rejects with the
 * signal's reason when cancelled. Files are made readable for all: other accounts run the modules.
 */
export async function runInstaller(
  run: InstallRun, command: readonly string[], extra: Record<string, string> = {},
): Promise<Attempt> {
  const child = execa('/bin/sh', ['-c', 'umask 022; exec "$@"', 'sh', ...command], {
    env: { ...run.environment, ...extra },
    extendEnv: false,
    stdin: 'ignore',
    cwd: '/',
    all: true,
    reject: false,
    forceKillAfterDelay: 2000,
    ...(run.signal === undefined ? {} : { cancelSignal: run.signal }),
  })
  run.lock.note(child.pid)
  child.all.on('data', lineReader((line) => {
    const event = progressOf(line)
    if (event !== undefined) run.report(event)
  }))
  const result = await child
  run.lock.note(undefined)
  run.signal?.throwIfAborted()
  return { ok: !result.failed, output: result.all || result.shortMessage || '' }
}

function lineReader(take: (line: string) => void): (chunk: Buffer | string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = (lines.pop() ?? '').slice(-10_000)
    lines.forEach(take)
  }
}
