export interface SignalActions {
  /** SIGHUP where no terminal hangs up. */
  readonly reload: () => void
  /** A second request to end: leaves at once. */
  readonly hurry: () => void
}

/** Settles at the first SIGTERM or SIGINT, or when the terminal goes away, with the signal's name. */
export function stopSignal({ reload, hurry }: SignalActions): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return hurry()
    stopping = true
    resolve(signal)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', (signal) => (process.stdin.isTTY ? stop(signal) : reload()))
  return promise
}
