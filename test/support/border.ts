import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admission } from '../../host/dispatch/admit.ts'
import { Cells } from '../../sandboxes/cell/cells.ts'
import type { EgressGrant, Limits, LoadFailure, ModuleSource, Query } from '../../sandboxes/contract.ts'
import { Pool } from '../../sandboxes/pool/pool.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { Scratch } from '../../sandboxes/scratch.ts'
import { ANY_PUBLIC } from '../../sandboxes/egress/grant.ts'
import type { ControlGroups } from '../../sandboxes/launch/groups/control_groups.ts'
import { describeModule, LoadError, startRunner, type Description } from '../../sandboxes/start_runner.ts'
import { TRUSTED_PROFILE, type TestProfile } from './profiles.ts'

export const LIMITS: Limits = { runners: 32, memoryMb: 256, outputBytes: 1 << 30, logBytes: 65_536, logLines: 1000 }

export interface BorderOptions {
  readonly runtime: Runtime
  /** A module root of the cast. */
  readonly root: string
  /** What the names of its files end with. `.py` where absent. */
  readonly ending?: string
  readonly limits?: Partial<Limits>
  /** What is public where absent. */
  readonly egress?: EgressGrant
  readonly poolBytes?: number
  /** `trusted` where absent. */
  readonly profile?: TestProfile
  /** Where the kernel bounds cells; it bounds none where absent. */
  readonly groups?: ControlGroups
}

export interface Answer {
  readonly code: string
  readonly body: string
  readonly message: string
  readonly trace: string
  readonly ms: number
}

/** The border without a host around it: real cells, pool and admission for the modules of one root. */
export class Border {
  readonly pool: Pool
  readonly cells: Cells
  readonly admission: Admission
  readonly scratch: Scratch
  readonly log: { text: string; query: string | undefined }[] = []
  readonly #options: BorderOptions
  readonly #contents = new Map<string, Uint8Array | undefined>()
  #queries = 0

  constructor(options: BorderOptions) {
    this.#options = options
    const { profile = TRUSTED_PROFILE } = options
    const folder = mkdtempSync(join(tmpdir(), 'border-'))
    if (profile.account !== undefined) chmodSync(folder, 0o711)
    this.scratch = new Scratch(folder, profile.account)
    const home = this.scratch.make('home')
    const limits = { ...LIMITS, ...options.limits }
    this.cells = new Cells(
      {
        launch: profile.launch(home),
        policy: profile.policy,
        groups: options.groups,
        socketFolder: this.#sockets(profile),
        maxFrame: limits.outputBytes,
        logCaps: { bytes: limits.logBytes, lines: limits.logLines },
        onLog: (_runner, text, query) => void this.log.push({ text, query }),
      },
      60_000,
    )
    this.pool = new Pool(
      {
        memoryBytes: options.poolBytes ?? 512 << 20,
        cores: 2,
        idleMs: 60_000,
        start: (unit) => startRunner(unit, { cells: this.cells, scratch: this.scratch }),
        leave: (unit, runner) => this.cells.leave(unit, runner),
      },
      {
        free: (key) => this.admission.free(key),
        failed: (key, failure) => this.admission.failed(key, failure),
      },
    )
    this.admission = new Admission({
      beyond: 'BUSY',
      concurrency: Infinity,
      pool: this.pool,
      unitOf: ({ module }) => this.unit(module),
      queueQueries: 10_000,
      queueBytes: 1 << 30,
    })
  }

  #sockets({ policy }: TestProfile): string {
    const folder = this.scratch.make('sockets')
    if (policy.apart) chmodSync(folder, 0o711)
    return folder
  }

  source(name: string): ModuleSource {
    const { root, runtime, ending = '.py' } = this.#options
    return { name, type: 'expansion', file: join(root, 'expansion', `${name}${ending}`), root, builtin: false, runtime: runtime.name }
  }

  unit(name: string) {
    const { runtime, limits, egress = ANY_PUBLIC } = this.#options
    const settings = { enabled: true, timeout: 300, limits: { ...LIMITS, ...limits }, env: { FROM_SETTINGS: 'yes' }, egress, processes: false, warm: false }
    const introspection = { entry: '', heavy: false, files: [] }
    return { key: name, runtime, source: this.source(name), introspection, content: this.#contents.get(name), settings }
  }

  /** The module's entry in the listing, or why it has none. */
  async describe(name: string): Promise<{ entry: unknown } | { failure: LoadFailure }> {
    try {
      return { entry: JSON.parse((await this.#description(name)).introspection.entry) }
    } catch (error) {
      if (error instanceof LoadError) return { failure: error.reason }
      throw error
    }
  }

  /** Everything of the module that its runners need to be told is known from now on. */
  async #description(name: string): Promise<Description> {
    const description = await describeModule(this.unit(name), { cells: this.cells, scratch: this.scratch }, { ms: 20_000 })
    this.#contents.set(name, description.content)
    return description
  }

  /** Asks a module; a failure comes back as its code. */
  async ask(module: string, body: object | Uint8Array[] = {}, timeoutMs = 20_000): Promise<Answer> {
    const chunks = Array.isArray(body) ? (body as Uint8Array[]) : [Buffer.from(JSON.stringify({ module, ...body }))]
    const { compiler } = this.#options.runtime
    // What does not compile is asked all the same: that says why.
    if (compiler !== undefined && !this.#contents.has(module)) await this.#description(module).catch(() => {})
    const now = performance.now()
    const query: Query = {
      id: `q${this.#queries++}`,
      tenant: 'local',
      module,
      body: chunks,
      bodyBytes: chunks.reduce((sum, { length }) => sum + length, 0),
      receivedAt: now,
      deadline: now + timeoutMs,
    }
    const done = (code: string, answer: string, message = '', trace = '') => ({
      code, body: answer, message, trace, ms: performance.now() - now,
    })
    return this.admission.ask(query).then(
      (result) => done(result.outcome, Buffer.concat(result.body).toString()),
      (failure) => done(failure.code ?? 'BUG', '', failure.message, failure.trace),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.admission.close()
    this.pool.destroy()
    await this.cells.close()
    await this.scratch.close()
  }
}
