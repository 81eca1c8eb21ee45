import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IsolateFolder } from '../../sandboxes/isolate/isolate_folder.ts'
import { isolateRuntime } from '../../sandboxes/isolate/runtime.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { LIMITS } from './border.ts'
import { isolateFolder, ISOLATE_SETTINGS } from './isolates.ts'

/** Beside the real runner, in its process: does what a file of that process's number says. */
const ESCAPED = `const fs = require('node:fs')
require('./real_runner.cjs')
const orders = require('node:path').join(__dirname, String(process.pid))
setInterval(() => {
  if (!fs.existsSync(orders)) return
  const code = fs.readFileSync(orders, 'utf8')
  fs.rmSync(orders)
  new Function('fs', code)(fs)
}, 10).unref()
`

/** Runners of isolates that do, beside their work, what a module could have them do that has left its isolate. */
export class EscapedIsolates implements Disposable {
  readonly runtime: Runtime
  readonly #path: string

  private constructor(runtime: Runtime, path: string) {
    this.runtime = runtime
    this.#path = path
  }

  static async make(): Promise<EscapedIsolates> {
    const folder = copyOf(await isolateFolder())
    renameSync(folder.runner, join(folder.path, 'real_runner.cjs'))
    writeFileSync(folder.runner, ESCAPED)
    return new EscapedIsolates(isolateRuntime({ folder, limits: LIMITS, settings: ISOLATE_SETTINGS }), folder.path)
  }

  /** Has this code run in the process of a runner, soon. `fs` is there. */
  run(pid: number, code: string): void {
    const orders = join(this.#path, String(pid))
    writeFileSync(`${orders}.next`, code)
    // It reads the whole or nothing.
    renameSync(`${orders}.next`, orders)
  }

  /** Whether it is being run, or was. */
  isTaken(pid: number): boolean {
    return !existsSync(join(this.#path, String(pid)))
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true })
  }
}

/** What runners execute, in a folder that a test may change; whoever asks for it removes it. */
export function copyOf(folder: IsolateFolder): IsolateFolder {
  const path = mkdtempSync(join(tmpdir(), 'isolates-'))
  cpSync(folder.path, path, { recursive: true })
  const [runner, compile, guest, sdk] = [folder.runner, folder.compile, folder.guest, folder.sdk].map((file) => file.replace(folder.path, path)) as [string, string, string, string]
  return { ...folder, path, runner, compile, guest, sdk }
}
