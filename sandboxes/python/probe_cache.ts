import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Probe, Probed } from './probe.ts'

const Entry = z.object({
  key: z.string(),
  probed: z.object({
    version: z.string(),
    executable: z.string(),
    base: z.string(),
    folders: z.array(z.string()),
    lacks: z.array(z.string()),
    mispModules: z.object({ version: z.string(), packageDir: z.string() }).optional(),
    importError: z.string().optional(),
  }),
})
const Document = z.record(z.string(), Entry)
type Entries = z.infer<typeof Document>

/**
 * A probe that remembers its answers in `file`, so that a warm start runs no Python before it serves. An answer holds as
 * long as the interpreter's file and the times of its package folders do. Refusals are not remembered, and a file that
 * cannot be written costs the memory only.
 */
export function cachedProbe(file: string, probe: Probe): Probe {
  return async (python) => {
    const known = read(file)[python]
    if (known !== undefined && known.key === keyOf(python, known.probed.folders)) return known.probed as Probed
    const probed = await probe(python)
    const key = keyOf(python, probed.folders)
    if (key !== undefined) write(file, { ...read(file), [python]: { key, probed: probed as Entries[string]['probed'] } })
    return probed
  }
}

function keyOf(python: string, folders: readonly string[]): string | undefined {
  try {
    const real = realpathSync(python)
    const { size, mtimeMs } = statSync(real)
    const times = folders.map((folder) => [folder, statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? null])
    return JSON.stringify([real, size, mtimeMs, times])
  } catch {
    return undefined
  }
}

function read(file: string): Entries {
  try {
    return Document.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? {}
  } catch {
    return {}
  }
}

function write(file: string, entries: Entries): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const next = `${file}.${process.pid}`
    writeFileSync(next, JSON.stringify(entries))
    renameSync(next, file)
  } catch {
    // The next start asks again.
  }
}
