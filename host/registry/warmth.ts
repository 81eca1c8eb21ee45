import type { Introspection, ModuleSettings } from '../../sandboxes/contract.ts'

/**
 * Whether a module declares that what it remembers of one query may be there for the next: `"warm": true` in what its `version()` gives,
 * upstream's `moduleinfo`, where nobody else reads it.
 */
export function declaresWarm({ entry }: Pick<Introspection, 'entry'>): boolean {
  return (JSON.parse(entry) as { readonly meta?: { readonly warm?: unknown } }).meta?.warm === true
}

/** What holds for a version of a module: it is warm where both the operator and the module say so. */
export function settingsOfVersion(granted: ModuleSettings, introspection: Introspection): ModuleSettings {
  return granted.warm && !declaresWarm(introspection) ? { ...granted, warm: false } : granted
}

/** Whether what a module remembers of a query is there for the next, and why. */
export interface State {
  readonly kind: 'fresh' | 'warm'
  readonly why: string
}

/** `fresh`: whether modules of its language are, unless they may be warm. */
export function stateOf(fresh: boolean, granted: boolean, introspection: Introspection | undefined): State {
  if (!fresh) return { kind: 'warm', why: 'the profile and the settings keep what modules remember' }
  const declared = introspection !== undefined && declaresWarm(introspection)
  if (granted && declared) return { kind: 'warm', why: 'the module declares that it may be, and it is granted' }
  if (declared) return { kind: 'fresh', why: 'the module declares that it may be warm, and it is not granted' }
  return { kind: 'fresh', why: granted ? 'to be warm is granted, and the module does not declare that it may be' : 'the module neither declares that it may be warm, nor is it granted' }
}
