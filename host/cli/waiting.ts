/** Shows on a terminal what is waited for, where that takes longer than a moment. */
export async function whileWaiting<Value>(what: string, work: Promise<Value>): Promise<Value> {
  if (!process.stderr.isTTY) return await work
  const { default: ora } = await import('ora')
  const spinner = ora({ text: what, stream: process.stderr, discardStdin: false })
  const timer = setTimeout(() => spinner.start(), MOMENT_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
    spinner.stop()
  }
}

const MOMENT_MS = 300
