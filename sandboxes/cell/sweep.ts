import { readdir, readFile } from 'node:fs/promises'

/** Environment variable by which every process of a cell can be known, however far it went from its parents. */
export const MARK = 'MISP_MODULE_HOST_CELL'

/**
 * SIGKILL to every process that carries this mark. For a cell whose top process was ended from inside: the daemons it
 * would have adopted have become children of pid 1. A process that was started with a new environment is not found.
 */
export async function sweep(mark: string): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  await Promise.all(pids.map((pid) => endIfMarked(Number(pid), `${MARK}=${mark}`)))
}

async function endIfMarked(pid: number, entry: string): Promise<void> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1')
    if (environment.split('\0').includes(entry)) process.kill(pid, 'SIGKILL')
  } catch {
    // Another account's process, or one that ended meanwhile.
  }
}
