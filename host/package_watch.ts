import { statSync } from 'node:fs'

const EVERY_MS = 2000

/**
 * Calls `changed` when packages came or went: when the times of these folders differ from those at the start and have stayed
 * the same for one look more, so that an install under way is waited for.
 */
export function watchPackages(folders: () => readonly string[], changed: () => void, everyMs = EVERY_MS): Disposable {
  let settled = times(folders())
  let last = settled
  const timer = setInterval(() => {
    const now = times(folders())
    if (now !== settled && now === last) {
      settled = now
      changed()
    }
    last = now
  }, everyMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function times(folders: readonly string[]): string {
  return folders.map((folder) => `${folder} ${statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 'gone'}`).join('\n')
}
