import type { LoadFailure } from './contract.ts'

/** What is missing, and the command that mends it. */
export interface Fix {
  readonly what: string
  readonly command: string
}

/** Where a package is missing that is looked for beside the module. undefined: none is. */
export function fixBeside({ missing, install }: LoadFailure): Fix | undefined {
  return install === undefined ? undefined : { what: `the npm package ${missing}`, command: install }
}
