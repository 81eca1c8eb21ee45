import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { z } from 'zod'

const Answer = z.object({
  /** By distribution; null: not installed. */
  versions: z.record(z.string(), z.string().nullable()),
  /** Whether the kernel ends a process with its parent. */
  parentDeathSignal: z.boolean(),
  /** Whether a process can adopt what its children leave behind. */
  subreaper: z.boolean(),
  /** Whether /proc tells the children of a process. */
  tellsChildren: z.boolean(),
})
export type Inspected = z.infer<typeof Answer>

/** What the runner uses where it is there, asked of an interpreter. Rejects with execa's error where that does not run. */
export async function inspectEnvironment(python: string, distributions: readonly string[]): Promise<Inspected> {
  const script = fileURLToPath(new URL('inspect_environment.py', import.meta.url))
  const { stdout } = await execa(python, ['-I', script, ...distributions], { cwd: '/', stdin: 'ignore', timeout: 60_000 })
  return Answer.parse(JSON.parse(stdout))
}
