import { availableParallelism } from 'node:os'
import { TEMPORARY } from '../launch/inside.ts'
import { PROGRAMS } from '../launch/mounts.ts'
import type { ModuleSource } from '../contract.ts'
import type { Policy } from '../launch/policy.ts'
import type { CellSpec } from '../runtime.ts'
import type { Unit } from '../unit.ts'

/**
 * Cells of one module alone, where the policy wants modules apart: of the same kind as the shared ones, and with the module's own files
 * before them.
 */
export class OwnSpecs {
  readonly #policy: Policy
  readonly #own = new Map<string, CellSpec>()
  readonly #describing = new WeakSet<CellSpec>()
  readonly #origins = new Map<CellSpec, { readonly base: CellSpec; readonly key: string }>()
  /** By kind and module root; undefined: what is installed with misp-modules. */
  readonly #bases = new WeakMap<CellSpec, Map<string | undefined, CellSpec>>()
  readonly #kinds = new WeakMap<CellSpec, CellSpec>()

  constructor(policy: Policy) {
    this.#policy = policy
  }

  /**
   * The kind of cell for a module: the same for each runner of a version, and for all of one root and limit that are described. What is
   * installed with misp-modules is described in a cell that sees nobody's files.
   */
  of(spec: CellSpec, unit: Unit, describe: boolean): CellSpec {
    const { key, source, settings: { processes, warm, limits } } = unit
    if (this.isShared(spec)) return spec
    const whose = describe ? `describe ${limits.memoryMb} ${source.builtin ? '' : source.root}` : `serve ${key}`
    const own = this.#own.get(`${spec.name} ${whose}`)
    // One of that name may be of a runtime that is no longer served, with other packages.
    if (own !== undefined && this.originOf(own) === spec) return own
    const base = this.#baseFor(spec, source)
    // None is started ahead for a module that nobody may ask.
    const { spares: _, ...rest } = base
    const runners = describe ? availableParallelism() : limits.runners
    const made = {
      memory: { baseMb: 0, perQueryMb: limits.memoryMb, runners: spec.preload === undefined ? 1 : runners },
      ...rest,
      name: `${spec.name}:${describe ? 'describe' : source.name}`,
      reads: [...(rest.reads ?? []), ...(processes ? PROGRAMS : [])],
      fresh: spec.fresh === true && !(warm && !describe),
    }
    if (describe) this.#describing.add(made)
    // A process that is the one runner of its cell is not asked for again.
    if (spec.preload === undefined) return made
    const template = { load: unit.runtime.load(source, unit.settings, TEMPORARY, false), content: unit.content }
    const known = describe ? made : { ...made, template }
    this.#own.set(`${spec.name} ${whose}`, known)
    this.#origins.set(known, { base, key: `${spec.name} ${whose}` })
    this.#kinds.set(known, spec)
    return known
  }

  /** What a cell of this kind can be before anybody knows which module it will be; it sees the same. undefined: it is no module's own. */
  baseOf(spec: CellSpec): CellSpec | undefined {
    return this.#origins.get(spec)?.base
  }

  /** Whether cells of this kind are there to describe: such a one may be of many modules, and then of none of them when it comes to queries. */
  describesOnly(spec: CellSpec): boolean {
    return this.#describing.has(spec)
  }

  /** Whether cells of this kind are for any module. */
  isShared({ readsModule = false }: CellSpec): boolean {
    return !this.#policy.apart || !readsModule
  }

  /** The kind as the runtime knows it. */
  originOf(spec: CellSpec): CellSpec {
    return this.#kinds.get(spec) ?? spec
  }

  #baseFor(kind: CellSpec, source: ModuleSource): CellSpec {
    const root = source.builtin ? undefined : source.root
    const known = this.#bases.get(kind) ?? new Map<string | undefined, CellSpec>()
    this.#bases.set(kind, known)
    const made = known.get(root)
    if (made !== undefined) return made
    // None is there for the modules of another kind.
    const { outdoes: _, ...rest } = kind
    const base = { ...rest, reads: [...(kind.reads ?? []), ...(root === undefined ? [] : [root])], ...(source.own && { itself: source.root }) }
    known.set(root, base)
    this.#kinds.set(base, kind)
    return base
  }

  /** There is no cell of it any more. */
  forget(spec: CellSpec): void {
    const known = this.#origins.get(spec)
    if (known === undefined) return
    this.#origins.delete(spec)
    if (this.#own.get(known.key) === spec) this.#own.delete(known.key)
  }
}
