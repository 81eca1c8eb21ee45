import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { descendants } from '../../../sandboxes/process/process_tree.ts'
import { ownEnvironment, startCli, type RunningCli } from '../../support/cli.ts'
import { programOf } from '../../support/command_modules.ts'
import { CAST_MODULES, configOf, HOSTILE_MODULES, type Status } from '../../support/hostile_server.ts'
import { startedOn } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { testPython } from '../../support/python.ts'
import { STRICT_MODULES, STRICT_STATE } from '../../support/strict_server.ts'

/** Becomes the parent of whatever of a program is left when its parent has ended, and ends when nothing is. */
const HEIR = `
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.Popen(sys.argv[1:])
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
`
/** How long after the first process of a cell is there: while its namespaces are made, its files mounted, its module imported. */
const MOMENTS_MS = [0, 12, 70, 1000]
const GONE_MS = 5000

describe('no process of a cell is left within five seconds of the end of a host that is killed (X4)', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'killed-'))
    writeFileSync(join(folder, 'config.json'), JSON.stringify(configOf(['spin', 'hang', 'never_becomes_template'])))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  for (const ms of MOMENTS_MS) {
    it(`${ms} ms after a cell has begun to be made`, async () => {
      await using host = await Inherited.start(folder)
      const before = host.others().length
      host.ask('never_becomes_template')
      await eventually(() => host.others().length > before || Promise.reject(new Error('no cell has begun to be made')))
      await new Promise((resolve) => setTimeout(resolve, ms))
      await host.killed()
    })
  }

  it('while queries run that do not want to end', async ({ expect }) => {
    await using host = await Inherited.start(folder)
    for (const module of ['spin', 'hang']) host.ask(module)
    await eventually(async () => expect((await host.status()).pool.busy).toBe(2), 20_000)
    await host.killed()
  })
})

/** A host of whose processes none can be lost sight of. */
class Inherited implements AsyncDisposable {
  readonly #heir: RunningCli
  readonly #pid: number
  readonly #port: number

  private constructor(heir: RunningCli, pid: number, port: number) {
    this.#heir = heir
    this.#pid = pid
    this.#port = port
  }

  static async start(folder: string): Promise<Inherited> {
    const args = ['serve', '-p', '0', '-l', '127.0.0.1', '--log-format', 'json', '--profile', 'strict', '--python', testPython(), '--state', STRICT_STATE,
      '--config', join(folder, 'config.json'), '-c', CAST_MODULES, '--modules', HOSTILE_MODULES, '--modules', STRICT_MODULES]
    const heir = startCli(args, { env: ownEnvironment(), before: [testPython(), '-c', HEIR] })
    let port: number | undefined
    await eventually(() => (port = startedOn(heir.err())) ?? Promise.reject(new Error(heir.err())), 60_000)
    const [pid = 0] = descendants(heir.pid)
    return new Inherited(heir, pid, port ?? 0)
  }

  /** Whatever there is of it beside the host itself. */
  others(): number[] {
    return descendants(this.#heir.pid).filter((pid) => pid !== this.#pid)
  }

  /** Nobody waits for an answer. */
  ask(module: string): void {
    fetch(`http://127.0.0.1:${this.#port}/query`, { method: 'POST', body: JSON.stringify({ module }) }).catch(() => {})
  }

  async status(): Promise<Status> {
    return (await (await fetch(`http://127.0.0.1:${this.#port}/api/v1/status`)).json()) as Status
  }

  /** Kills the host; rejects where anything is left of it. */
  async killed(): Promise<void> {
    const had = this.others()
    process.kill(this.#pid, 'SIGKILL')
    if (had.length === 0) throw new Error('there was nothing that could be left')
    await eventually(() => {
      const left = descendants(this.#heir.pid)
      if (left.length > 0) throw new Error(`left: ${left.map((pid) => `${pid} ${programOf(pid).replaceAll('\0', ' ')}`).join('; ')}`)
    }, GONE_MS)
    await this.#heir.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of [...descendants(this.#heir.pid), this.#heir.pid]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself, as it should.
      }
    }
    await this.#heir.ended
  }
}
