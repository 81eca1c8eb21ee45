import type { ModuleEvents } from './events.ts'

/** When the version of a file that is served came to be, in milliseconds since 1970. */
export function lastReload(events: ModuleEvents): (file: string) => number | undefined {
  const moments = new Map<string, number>()
  events.subscribe(({ kind, file, at }) => {
    if (kind === 'removed') moments.delete(file)
    else if (kind !== 'failed') moments.set(file, at)
  })
  return (file) => moments.get(file)
}
