import type { Logger } from 'pino'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import { type Audit, isRefused } from '../../sandboxes/egress/gate/messages.ts'
import { GateProcess, type OpenDoor, type Told } from '../../sandboxes/egress/gate_process.ts'
import type { MadeProgram } from '../../sandboxes/made_program.ts'

export interface GatekeeperOptions {
  readonly program: MadeProgram
  /** undefined: the host's own account. */
  readonly account: Account | undefined
  /** Folder for what lives only as long as this process. */
  readonly run: string
  readonly log: Logger
}

/** Keeps the egress process: one that ends is started again for the next door, and its cells have ended with it. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions
  #gate: Promise<GateProcess> | undefined

  constructor(options: GatekeeperOptions) {
    this.#options = options
  }

  /** Rejects where the process does not start. */
  readonly open = async (told?: Told): Promise<OpenDoor> => await (await this.start()).open(told)

  async start(): Promise<GateProcess> {
    const gate = this.#gate ??= this.#start()
    try {
      return await gate
    } catch (error) {
      if (this.#gate === gate) this.#gate = undefined
      throw error
    }
  }

  async #start(): Promise<GateProcess> {
    const { program: { node, program }, account, run, log } = this.#options
    const gate = await GateProcess.start({
      folder: run, account, node, main: program,
      audited: (audit) => audited(log, audit),
      logged: (text) => log.warn({ egress: text }, 'the egress process says'),
    })
    void gate.ended.then(() => {
      this.#gate = undefined
      log.error('the egress process has ended; cells that had a door in it end, and the next one starts another')
    })
    return gate
  }
}

function audited(log: Logger, { why = 'egress', ...egress }: Audit): void {
  if (isRefused(egress)) log.warn({ egress }, why)
  else log.info({ egress }, why)
}
