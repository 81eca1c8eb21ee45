import { accessSync, constants } from 'node:fs'

/** Whether this account may execute a file; what is not there it may not. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
