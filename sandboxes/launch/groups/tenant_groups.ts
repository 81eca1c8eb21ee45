import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ControlGroup, ControlGroups, newName, removeFolders, type GroupLimits } from './control_groups.ts'
import { below, makeParent } from './find.ts'

/** The groups of one tenant's cells, in one that they share: to the kernel they are one, however many they are. */
export class TenantGroups extends ControlGroups {
  #made = false
  #behind = false

  constructor(above: ControlGroups) {
    super(below(above.folders, newName()))
  }

  /** The first one makes that of the tenant as well: one that asks nothing has none. Throws where the kernel refuses. */
  override make(limits: GroupLimits): ControlGroup {
    this.#make()
    return super.make(limits)
  }

  /** Milliseconds of the processors' time that its cells have had; undefined: it has had none, or the kernel does not tell. */
  usedMs(): number | undefined {
    const { version, cpuacct } = this.folders
    if (!this.#made || cpuacct === undefined) return undefined
    try {
      if (version === 1) return Number(readFileSync(join(cpuacct, 'cpuacct.usage'), 'latin1')) / 1e6
      return Number(/^usage_usec (\d+)/m.exec(readFileSync(join(cpuacct, 'cpu.stat'), 'latin1'))?.[1]) / 1000
    } catch {
      return undefined
    }
  }

  /** Whether its cells only get what of the processors nobody else wants at the moment. */
  get behind(): boolean {
    return this.#behind
  }

  putBehind(behind: boolean): void {
    const { version, cpu } = this.folders
    if (behind === this.#behind || cpu === undefined || !this.#made) return
    const shares = version === 1 ? { file: 'cpu.shares', usual: 1024, least: 2 } : { file: 'cpu.weight', usual: 100, least: 1 }
    if (write(join(cpu, 'cpu.idle'), behind ? 1 : 0) || write(join(cpu, shares.file), behind ? shares.least : shares.usual)) this.#behind = behind
  }

  /** When none of its cells is left. */
  async remove(): Promise<void> {
    if (!this.#made) return
    this.#made = false
    await removeFolders(this.folders)
  }

  #make(): void {
    if (this.#made) return
    makeParent(this.folders)
    this.#made = true
  }
}

/** Kernels before 5.15 have no `cpu.idle`. */
function write(file: string, value: number): boolean {
  try {
    writeFileSync(file, String(value), { flag: 'r+' })
    return true
  } catch {
    return false
  }
}
