import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeDescribed } from './described.ts'
import { testPython } from './python.ts'

export const MAIN = fileURLToPath(new URL('../../host/main.js', import.meta.url))
/** The modules that tests of the command line ask. */
export const CLI_MODULES = fileURLToPath(new URL('../fixtures/cli', import.meta.url))

export interface CliOptions {
  /** Instead of the test's own variables, without those that concern the host. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What it reads from stdin; none: stdin is empty. */
  readonly input?: string | Buffer
  readonly cwd?: string
  /** The command that starts it, such as `unshare -m`. */
  readonly before?: readonly string[]
}

export interface CliRun {
  /** null: ended by `signal`. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  /** The same as text. */
  readonly out: string
  readonly err: string
}

/** A command that runs: what it has printed so far, and how it ends. */
export interface RunningCli {
  readonly pid: number
  err(): string
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<CliRun>
}

/** Runs a real `misp-module-host` to its end. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  return startCli(args, options).ended
}

export function startCli(args: readonly string[], { env = ownEnvironment(), input = '', cwd, before = [] }: CliOptions = {}): RunningCli {
  const [command = '', ...words] = [...before, process.execPath, MAIN, ...args]
  const child = spawn(command, words, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // A command that refuses its arguments does not read.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      const stdout = Buffer.concat(out)
      resolve({ status, signal, stdout, out: stdout.toString(), err: Buffer.concat(err).toString() })
    })
  })
  return { pid: child.pid ?? 0, err: () => Buffer.concat(err).toString(), kill: (signal) => void child.kill(signal), ended }
}

/** The test's environment without what would decide for the host. */
export function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MISP_MODULE_HOST_') && name !== 'VIRTUAL_ENV'))
}

export interface StateForTest extends Disposable {
  readonly path: string
  /** What commands are given to use it with the test's Python. */
  readonly args: readonly string[]
}

/** A state folder that goes with the test; `described`: upstream's modules are described in it, where tests have done that before. */
export async function stateForTest({ described = false } = {}): Promise<StateForTest> {
  const path = mkdtempSync(join(tmpdir(), 'mmh-cli-'))
  chmodSync(path, 0o755)
  if (described) await takeDescribed(path)
  return { path, args: ['--state', path, '--python', testPython()], [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}
