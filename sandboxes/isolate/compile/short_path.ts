import { relative } from 'node:path'

/** A path as its author would call it: from the module root where it is in it. */
export function shortPath(path: string, root: string): string {
  const short = relative(root, path)
  return short.startsWith('..') ? path : short
}
