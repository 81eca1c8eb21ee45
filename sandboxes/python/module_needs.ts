import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { z } from 'zod'
import type { PackageTables } from './package_tables.ts'
import { constrainedNames, CONSTRAINTS, installedRequirements, normalised, type Requirement } from './requirements.ts'

const Names = z.array(z.string())
const Answer = z.object({ imports: z.record(z.string(), Names), unknown: Names, known: Names })

/** Names that are not those of modules of the installed misp-modules. */
export class UnknownModules extends Error {
  override name = 'UnknownModules'
  readonly unknown: readonly string[]
  readonly known: readonly string[]

  constructor(unknown: readonly string[], known: readonly string[]) {
    super(`expected modules of misp-modules, found ${unknown.join(', ')}; there are: ${known.join(', ')}`)
    this.unknown = unknown
    this.known = known
  }
}

/**
 * What the named modules of misp-modules need, each requirement once, in the form of its metadata. An import that neither
 * the metadata nor our constraints know is never turned into the name of a package. Rejects with UnknownModules.
 */
export async function moduleNeeds(
  python: string, packageDir: string, modules: readonly string[], tables: PackageTables,
): Promise<readonly Requirement[]> {
  const script = fileURLToPath(new URL('imports.py', import.meta.url))
  const { stdout } = await execa(python, ['-I', script, ...modules], { cwd: '/', stdin: 'ignore', timeout: 60_000 })
  const { imports, unknown, known } = Answer.parse(JSON.parse(stdout))
  if (unknown.length > 0) throw new UnknownModules(unknown, known)
  const names = new Set(Object.values(imports).flat().map((name) => tables.distributions[name] ?? normalised(name)))
  const asked = installedRequirements(packageDir)
  const pinned = constrainedNames(CONSTRAINTS).map((name) => ({ name, text: name, extra: undefined }))
  return [...names].flatMap((name) => longest([...asked, ...pinned].filter((requirement) => requirement.name === name)))
}

/** The form with extras, such as `pymisp[email]`, covers the one without. */
function longest(requirements: readonly Requirement[]): readonly Requirement[] {
  return [...requirements].sort((a, b) => b.text.length - a.text.length).slice(0, 1)
}
