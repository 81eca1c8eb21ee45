/** Runs one install in a process of its own, for tests that kill it: install_in_child.ts JSON. One JSON line per event. */
import { installOwn } from '../../../sandboxes/python/install.ts'
import { probePython } from '../../../sandboxes/python/probe.ts'

const print = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
try {
  const { how } = await installOwn({ ...JSON.parse(process.argv[2] ?? ''), environment: process.env, probe: probePython, report: print })
  print({ type: 'end', how })
} catch (error) {
  print({ type: 'end', ...(error as object), message: (error as Error).message })
}
