import type { OutputChunk } from 'rolldown'
import type { LoadFailure } from '../../contract.ts'
import { shortPath } from './short_path.ts'

/** What a module's code may amount to, in bytes. */
export interface Budget {
  /** The bundle. */
  readonly codeBytes: number
  /** The files that it is made from: rolldown needs many times of that in memory. */
  readonly inputBytes: number
  /** The bundle with its source map, as it goes over the wire. */
  readonly contentBytes: number
}

/** The content of a bundle of the largest size that is taken: its code as JSON, and a map that may be longer than the code. */
export const CONTENT_BYTES = 24 << 20

export interface Spending {
  readonly chunk: OutputChunk
  readonly content: Uint8Array
  readonly budget: Budget
  readonly root: string
}

/** The reason why a bundle is not taken, with its largest inputs; undefined where it is small enough. */
export function overBudget({ chunk: { code, modules }, content, budget, root }: Spending): LoadFailure | undefined {
  const bytes = Buffer.byteLength(code)
  if (bytes <= budget.codeBytes && content.length <= budget.contentBytes) return undefined
  const inputs = Object.entries(modules).map(([id, { renderedLength }]) => [shortPath(id, root), renderedLength] as const)
  const found = bytes > budget.codeBytes
    ? `the module's bundle has ${megabytes(bytes)}, at most ${megabytes(budget.codeBytes)} may be`
    : `the module's bundle and its source map have ${megabytes(content.length)}, at most ${megabytes(budget.contentBytes)} may be`
  return { error: `${found}; ${largest(inputs)}` }
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
