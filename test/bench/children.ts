import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How long a process gets to end by itself before it is killed. */
const FAREWELL_MS = 5000

export interface Child extends AsyncDisposable {
  readonly pid: number
  readonly process: ChildProcess
  /** The end of what it printed. */
  log(): string
}

export interface ChildOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** SIGKILL for a process that would wait for something when asked nicely. */
  readonly endWith?: 'SIGTERM' | 'SIGKILL'
  /** A channel for messages. */
  readonly channel?: boolean
}

/** The processes of one measure. Each prints into a file of its own; all end with this, whatever happens. */
export class Children implements AsyncDisposable {
  readonly folder: string
  readonly #alive = new Set<Child>()
  #started = 0

  constructor(folder: string) {
    this.folder = folder
  }

  start(command: string, args: readonly string[], { cwd, env, endWith = 'SIGTERM', channel = false }: ChildOptions = {}): Child {
    this.#started += 1
    const log = join(this.folder, `${this.#started}.log`)
    const descriptor = openSync(log, 'a')
    const stdio: StdioOptions = ['ignore', descriptor, descriptor, ...(channel ? ['ipc' as const] : [])]
    const child = spawn(command, [...args], { cwd, env, stdio, serialization: 'advanced' })
    closeSync(descriptor)
    const exited = once(child, 'exit')
    // A command that cannot be started has its message in place of an exit.
    exited.catch(() => {})
    const started: Child = {
      pid: child.pid ?? 0,
      process: child,
      log: () => readFileSync(log, 'utf8').slice(-4000),
      [Symbol.asyncDispose]: async () => {
        if (!this.#alive.delete(started)) return
        child.kill(endWith)
        const reluctant = setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS)
        await exited.catch(() => {})
        clearTimeout(reluctant)
      },
    }
    this.#alive.add(started)
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#alive].map((child) => child[Symbol.asyncDispose]()))
  }
}
