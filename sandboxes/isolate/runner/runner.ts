import { PROTOCOL } from '../../wire/frames.ts'
import { Channel } from './channel.ts'
import { Ahead } from './ahead.ts'
import type { Code } from './cage.ts'
import type { FromHost, IsolateLimits } from './messages.ts'
import { LoadedModule, LoadFailed } from './module.ts'
import { rehearse } from './rehearsal.ts'

/** How long leaving may take; an isolate that does not stop keeps the process from ending. */
const LEAVE_MS = 500
/** A process that has been told nothing for so long is a spare. */
const SPARE_MS = 20
/** A version that has just been saved is asked first of all. */
const SAVED_MS = 100

/**
 * Obeys the host until it closes the channel. `guest` is the guest's side of the bridge, `limits` those that most modules have. Throws
 * where no isolate is safe.
 */
export function run(guest: Code, limits: IsolateLimits | undefined): void {
  let ahead = limits && new Ahead({ guest, limits, afterMs: SPARE_MS, afterwards: () => void rehearse(guest, limits).catch(() => {}) })
  let module: LoadedModule | undefined
  let loads = 0
  const channel = new Channel(take, leave)
  channel.send({ type: 'ready', protocol: PROTOCOL, pid: process.pid })

  function take(message: FromHost, payload: readonly Buffer[]): void {
    switch (message.type) {
      case 'load':
        void load(message, Buffer.concat(payload))
        break
      case 'query':
        query(message, payload)
        break
      case 'ping':
        channel.send({ type: 'pong', id: message.id })
        break
    }
  }

  async function load(message: Extract<FromHost, { type: 'load' }>, content: Buffer): Promise<void> {
    const { id } = message
    // It is an earlier version, which nobody asks any more.
    module?.dispose()
    module = undefined
    const prepared = { guest, ahead }
    // Who saves twice will save again: that version finds an isolate as well.
    ahead = (loads += 1) > 1 && limits !== undefined ? new Ahead({ guest, limits, afterMs: SAVED_MS }) : undefined
    try {
      const loaded = await LoadedModule.load(message, content, prepared, (text) => channel.send({ type: 'log', id, text }))
      module = loaded.module
      channel.send({ type: 'loaded', id }, Buffer.from(loaded.entry))
    } catch (thrown) {
      if (!(thrown instanceof LoadFailed)) throw thrown
      channel.send({ type: 'failed', id, ...thrown.fields })
    }
  }

  function query({ id, query: name, ms }: Extract<FromHost, { type: 'query' }>, payload: readonly Buffer[]): void {
    if (module === undefined) throw new Error('expected to be told which module to become before a query')
    const body = (payload.length === 1 ? payload[0] as Buffer : Buffer.concat(payload)).toString()
    void module.ask({ query: name, body, ms, log: (text) => channel.send({ type: 'log', id, text }) }).then((answer) => {
      channel.send({ type: 'result', id, outcome: answer.outcome, ...(answer.error !== undefined && { error: answer.error }) }, Buffer.from(answer.payload))
    })
  }

  function leave(): void {
    channel.close()
    module?.dispose()
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LEAVE_MS).unref()
  }
}
