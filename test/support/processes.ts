/** Whether a process exists and is not a zombie's shell. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Runs assertions until they hold; after `ms`, which are there to notice what hangs, their last failure is the test's. */
export async function eventually(assertions: () => unknown, ms = 20_000): Promise<void> {
  const end = performance.now() + ms
  for (;;) {
    try {
      await assertions()
      return
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
