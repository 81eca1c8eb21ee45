import type { OutputChunk } from 'rolldown'
import type { LoadFailure } from '../../contract.ts'
import { shortPath } from './short_path.ts'

/** What a module's code may amount to, in bytes. */
export interface Budget {
  /** The bundle. */
  readonly codeBytes: number
  /** The files that it is made from: rolldown needs many times of that in memory. */
  readonly inputBytes: number
}

/** The reason why a bundle is not taken, with its largest inputs; undefined where it is small enough. */
export function overBudget({ code, modules }: OutputChunk, { codeBytes }: Budget, root: string): LoadFailure | undefined {
  const bytes = Buffer.byteLength(code)
  if (bytes <= codeBytes) return undefined
  const inputs = Object.entries(modules).map(([id, { renderedLength }]) => [shortPath(id, root), renderedLength] as const)
  return { error: `the module's bundle has ${megabytes(bytes)}, at most ${megabytes(codeBytes)} may be; ${largest(inputs)}` }
}

/** The most important of a list of files with their bytes, for an error. */
export function largest(inputs: readonly (readonly [string, number])[]): string {
  const sorted = [...inputs].sort(([, a], [, b]) => b - a).slice(0, SHOWN)
  return `the largest of its files: ${sorted.map(([name, bytes]) => `${name} (${megabytes(bytes)})`).join(', ')}`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 100_000 ? 3 : 1)} MB`
}

const SHOWN = 4
