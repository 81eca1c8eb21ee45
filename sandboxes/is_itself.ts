import { realpathSync } from 'node:fs'

/** Whether a path leads to no other place, by itself or by a folder above it; not where nothing is there. */
export function isItself(path: string): boolean {
  try {
    return realpathSync(path) === path
  } catch {
    return false
  }
}
