import { sep } from 'node:path'

/** Whether a path is that of something in a folder, however deep. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
