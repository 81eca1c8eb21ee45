import { readdir, readFile } from 'node:fs/promises'

/** Environment variable by which every process of a cell can be known, however far it went from its parents. */
export const MARK = 'MISP_MODULE_HOST_CELL'

/** While one process is killed another may fork: so often it is looked again. */
const PASSES = 20

/**
 * SIGKILL to every process that carries this mark, until there is none. For a cell whose top process was ended from inside:
 * the daemons it would have adopted have become children of pid 1. A process that was started with a new environment is not
 * found.
 */
export async function sweep(mark: string): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
    const killed = await Promise.all(pids.map((pid) => killIfMarked(Number(pid), `${MARK}=${mark}`)))
    if (!killed.includes(true)) return
  }
}

async function killIfMarked(pid: number, entry: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1')
    return environment.split('\0').includes(entry) && process.kill(pid, 'SIGKILL')
  } catch {
    // Another account's process, or one that ended meanwhile.
    return false
  }
}
