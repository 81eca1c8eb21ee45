import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SOCKET_FOLDER } from '../launch/inside.ts'
import type { CellOptions } from './cell.ts'

/** Where the host listens, and what that is for the cell: `folder` is there under another name where the cell sees no other. */
export function placeSocket({ socketFolder, policy }: Pick<CellOptions, 'socketFolder' | 'policy'>): { path: string; inside: string; folder: string | undefined } {
  // Short, because a socket's path may be; nobody else gets into the folder.
  const name = randomBytes(4).toString('hex')
  if (!policy.apart) return { path: join(socketFolder, `${name}.sock`), inside: join(socketFolder, `${name}.sock`), folder: undefined }
  const folder = join(socketFolder, name)
  // Its account is the launcher's to choose, and to give it to.
  mkdirSync(folder, { mode: 0o700 })
  return { path: join(folder, 's'), inside: join(SOCKET_FOLDER, 's'), folder }
}
