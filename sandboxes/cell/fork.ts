import { TEMPORARY } from '../launch/inside.ts'
import type { CellSpec } from '../runtime.ts'
import type { Cell, CellOptions } from './cell.ts'
import { ForkCell } from './fork_server.ts'
import { placeSocket } from './place_socket.ts'
import { launched, type LaunchManner } from './process.ts'

/** Starts a fork server: a process that imports common libraries once and forks runners on demand. */
export async function forkCell(spec: CellSpec, preload: readonly string[], options: CellOptions, signal: AbortSignal, { door }: Pick<LaunchManner, 'door'> = {}): Promise<Cell> {
  const { path, inside, folder } = placeSocket(options)
  const launch = launched(spec, options, { socketFolder: folder, door })
  const cell = new ForkCell(spec, launch, options)
  const close = (): void => cell.close()
  signal.addEventListener('abort', close)
  try {
    await cell.listen(path)
    await cell.boot({ type: 'boot', socket: inside, preload, ...(options.policy.apart && { temporary: TEMPORARY }) })
    return cell
  } catch (failure) {
    cell.close()
    await cell.gone
    throw failure
  } finally {
    signal.removeEventListener('abort', close)
  }
}
