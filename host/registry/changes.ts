import type { Catalogue, LoadedModule, NotLoaded } from './catalogue.ts'
import type { ModuleEvent } from './events.ts'

/** What is new in a catalogue compared with the one before, in the catalogue's order. */
export function changesOf(before: Catalogue, now: Catalogue): Omit<ModuleEvent, 'id' | 'at'>[] {
  return [
    ...[...before.loaded.values()].filter(({ source }) => !now.loaded.has(source.name)).map((module) => loadedEvent('removed', module, undefined)),
    ...[...now.loaded.values()].flatMap((module) => {
      const known = before.loaded.get(module.source.name)
      if (known === undefined) return [loadedEvent('loaded', module, module.version)]
      const isSame = known === module || (known.version === module.version && known.source.file === module.source.file)
      return isSame ? [] : [loadedEvent('reloaded', module, module.version)]
    }),
    ...now.notLoaded.filter((each) => !before.notLoaded.includes(each)).map((each) => failedEvent(each, now)),
  ]
}

function loadedEvent(kind: 'loaded' | 'reloaded' | 'removed', { source }: LoadedModule, version: string | undefined): Omit<ModuleEvent, 'id' | 'at'> {
  return { kind, module: source.name, type: source.type, runtime: source.runtime, file: source.file, version, failure: undefined }
}

function failedEvent({ source, failure }: NotLoaded, now: Catalogue): Omit<ModuleEvent, 'id' | 'at'> {
  const version = now.loaded.get(source.name)?.version
  return { kind: 'failed', module: source.name, type: source.type, runtime: source.runtime, file: source.file, version, failure }
}
