import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Which of upstream's sets of dependencies. `core` is what the package cannot be without. */
export const EXTRAS = ['core', 'minimal', 'all'] as const
export type Extras = (typeof EXTRAS)[number]

/** What a first start installs. Any 3.x that is already there works as well. */
export const PINNED = 'misp-modules==3.1.0'
/** Versions of everything that PINNED pulls in, tried together. */
export const CONSTRAINTS = fileURLToPath(new URL('constraints.txt', import.meta.url))

export function requirementFor(extras: Extras): string {
  return extras === 'core' ? PINNED : PINNED.replace('==', `[${extras}]==`)
}

/** Names the folder of an environment: another requirement, other constraints or another Python make another one. */
export function environmentDigest(requirement: string, constraints: string | undefined, pythonVersion: string): string {
  const text = constraints === undefined ? '' : readFileSync(constraints, 'utf8')
  return createHash('sha256').update(JSON.stringify([requirement, text, pythonVersion])).digest('hex').slice(0, 16)
}

/** One line of a package's metadata, such as `pymisp[email]>=2.5`. */
export interface Requirement {
  /** The distribution, normalised: lower case, dashes. */
  readonly name: string
  /** What to give to pip. */
  readonly text: string
  /** The extra that asks for it; undefined: always needed. */
  readonly extra: string | undefined
}

/** What the installed misp-modules says it needs, each extra's wishes apart. Empty where there is no metadata. */
export function installedRequirements(packageDir: string): readonly Requirement[] {
  return metadataOf(packageDir).split('\n')
    .flatMap((line) => /^Requires-Dist: (.+)$/.exec(line.trimEnd())?.[1] ?? [])
    .map(parseRequirement)
}

/** The requirements of one extra, each name once. `all` comes without what `core` has in the same form. */
export function requirementsOf(requirements: readonly Requirement[], extras: Extras): readonly Requirement[] {
  const core = requirements.filter(({ extra }) => extra === undefined)
  if (extras === 'core') return core
  const there = new Set(core.map(({ text }) => text))
  return requirements.filter(({ extra, text }) => extra === extras && !there.has(text))
}

/** The distributions that a constraints file knows. */
export function constrainedNames(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').flatMap((line) => /^[\w.-]+/.exec(line)?.[0] ?? []).map(normalised)
}

export function normalised(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase()
}

/** Reads a requirement, with or without a marker, in either of the common forms. */
export function parseRequirement(line: string): Requirement {
  const [wish = '', marker = ''] = line.split(';', 2).map((part) => part.trim())
  // Upstream's build tool writes "name (>=1)", others "name>=1".
  const text = wish.replace(/\s*\(([^)]*)\)$/, '$1').replace(/\s+/g, '')
  return {
    name: normalised(/^[\w.-]+/.exec(text)?.[0] ?? text),
    text,
    extra: /extra\s*==\s*["']([^"']+)["']/.exec(marker)?.[1],
  }
}

function metadataOf(packageDir: string): string {
  const folder = dirname(packageDir)
  try {
    const info = readdirSync(folder).find((name) => /^misp_modules-.*\.dist-info$/.test(name))
    return info === undefined ? '' : readFileSync(join(folder, info, 'METADATA'), 'utf8')
  } catch {
    return ''
  }
}
