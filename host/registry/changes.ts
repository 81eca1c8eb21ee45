import type { Catalogue } from './catalogue.ts'
import type { ModuleEvents } from './events.ts'

/** Tells of everything that is another way in the catalogue that took over. */
export function tellChanges(events: ModuleEvents, before: Catalogue, after: Catalogue): void {
  for (const [name, { source, version }] of after.loaded) {
    const known = before.loaded.get(name)
    if (known?.version === version && known.source.file === source.file) continue
    const { type, runtime, file } = source
    events.emit({ kind: known === undefined ? 'loaded' : 'reloaded', module: name, type, runtime, file, version, failure: undefined })
  }
  const reasons = new Map(before.notLoaded.map(({ source, failure }) => [source.file, failure.error]))
  for (const { source: { name, type, runtime, file }, failure } of after.notLoaded) {
    if (reasons.get(file) === failure.error) continue
    events.emit({ kind: 'failed', module: name, type, runtime, file, version: after.loaded.get(name)?.version, failure })
  }
  for (const [name, { source: { type, runtime, file } }] of before.loaded) {
    if (after.loaded.has(name) || after.notLoaded.some(({ source }) => source.name === name)) continue
    events.emit({ kind: 'removed', module: name, type, runtime, file, version: undefined, failure: undefined })
  }
}
