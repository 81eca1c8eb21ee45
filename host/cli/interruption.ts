import { constants } from 'node:os'

/** Somebody ended the command with a signal before it was done. */
export class Interrupted extends Error {
  override name = 'Interrupted'
  /** What a shell reports of a program that a signal ended. */
  readonly status: number

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.status = 128 + constants.signals[signal]
  }
}

export interface Interruption extends Disposable {
  /** Aborts with Interrupted. */
  readonly signal: AbortSignal
  /** The work's own outcome, or a rejection with Interrupted as soon as that comes. */
  readonly orElse: <Value>(work: Promise<Value>) => Promise<Value>
}

/** While this is in scope, the first SIGINT or SIGTERM aborts; a second one ends the process at once. */
export function interruption(): Interruption {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    const reason = new Interrupted(signal)
    if (controller.signal.aborted) process.exit(reason.status)
    controller.abort(reason)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const { signal } = controller
  return {
    signal,
    async orElse(work) {
      const { promise, reject } = Promise.withResolvers<never>()
      const abandon = (): void => reject(signal.reason as Interrupted)
      if (signal.aborted) abandon()
      signal.addEventListener('abort', abandon)
      try {
        return await Promise.race([work, promise])
      } finally {
        signal.removeEventListener('abort', abandon)
      }
    },
    [Symbol.dispose]() {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
    },
  }
}
