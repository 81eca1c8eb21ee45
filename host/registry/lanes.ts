export interface Lanes {
  /** How many there are. */
  readonly parallel: number
  /** What takes longer than this has its lane no longer to itself. */
  readonly patienceMs: number
}

/** Does something for each, as many at once as there are lanes. One that takes long does not keep the others behind it from their turn. */
export async function inLanes<Each>(all: readonly Each[], act: (each: Each) => Promise<void>, { parallel, patienceMs }: Lanes): Promise<void> {
  const waiting = all.values()
  const begun: Promise<void>[] = []
  const lane = async (): Promise<void> => {
    for (const next of waiting) {
      const done = act(next)
      begun.push(done)
      await atMost(patienceMs, done)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  await Promise.all(begun)
}

/** Waits for something, but no longer than `ms`. Whether it was settled. */
export async function atMost(ms: number, settled: Promise<void>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  const inTime = await Promise.race([settled.then(() => true as const), over])
  clearTimeout(timer)
  return inTime
}
