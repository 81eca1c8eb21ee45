import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The shared libraries of the Node that runs this, which are those of a copy of it as well. */
export function nodeLibraries(): string[] {
  // Asking the network for the names of peers may take seconds.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  report.excludeNetwork = true
  const { sharedObjects } = report.getReport() as unknown as { readonly sharedObjects: readonly string[] }
  const own = sharedObjects.filter((path) => path.startsWith('/') && !path.endsWith('.node'))
  const folders = own.filter((path) => /^libc\.(so|musl)/.test(basename(path))).map(dirname)
  return [...new Set([...own, ...folders.flatMap((folder) => OF_THE_C_LIBRARY.map((name) => join(folder, name)))])].filter((path) => existsSync(path))
}

/** What native packages want of it besides. */
const OF_THE_C_LIBRARY = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'librt.so.1']
