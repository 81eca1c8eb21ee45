import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startOf } from '../process/process_start.ts'

const Process = z.object({ pid: z.number(), started: z.string() })
const Owner = Process.extend({ child: Process.optional() })
type Owner = z.infer<typeof Owner>

/**
 * An exclusive file with the pid of who installs, so that two starts do not collide. A dead owner's lock is taken over, and
 * the installer it left running is ended first.
 */
export class InstallLock implements Disposable {
  readonly #file: string
  readonly #owner: Owner

  private constructor(file: string, owner: Owner) {
    this.#file = file
    this.#owner = owner
  }

  /** Waits until the lock is ours. `waiting` is told once, with the pid of the other. */
  static async take(file: string, waiting: (pid: number) => void, signal?: AbortSignal): Promise<InstallLock> {
    const owner = { pid: process.pid, started: startOf(process.pid) ?? '' }
    mkdirSync(dirname(file), { recursive: true })
    let told: number | undefined
    while (!create(file, owner)) {
      const other = ownerOf(file)
      if (other === undefined || !isAlive(other)) {
        if (other?.child !== undefined && isAlive(other.child)) process.kill(other.child.pid, 'SIGKILL')
        rmSync(file, { force: true })
        continue
      }
      if (told !== other.pid) waiting((told = other.pid))
      await sleep(100, undefined, signal === undefined ? {} : { signal })
    }
    return new InstallLock(file, owner)
  }

  /** Notes the process that installs, for whoever takes the lock over from a killed host. */
  note(pid: number | undefined): void {
    const started = pid === undefined ? undefined : startOf(pid)
    const child = pid === undefined || started === undefined ? undefined : { pid, started }
    writeFileSync(this.#file, JSON.stringify({ ...this.#owner, child }))
  }

  [Symbol.dispose](): void {
    rmSync(this.#file, { force: true })
  }
}

/** Written elsewhere and linked: the file appears with its content or not at all. */
function create(file: string, owner: Owner): boolean {
  const next = `${file}.${owner.pid}`
  writeFileSync(next, JSON.stringify(owner))
  try {
    linkSync(next, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(next, { force: true })
  }
}

function ownerOf(file: string): Owner | undefined {
  try {
    return Owner.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** A pid alone may long belong to another process. */
function isAlive({ pid, started }: { pid: number; started: string }): boolean {
  return startOf(pid) === started
}
