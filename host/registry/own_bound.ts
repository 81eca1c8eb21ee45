import type { ModuleSource } from '../../sandboxes/contract.ts'
import type { Candidate } from './candidate.ts'
import type { Described } from './describe_cache.ts'

/** What the host keeps of all modules of a tenant's own together, where modules are apart. Upstream's 208 say 0.3 MB of themselves. */
const BOUNDS = [
  { what: 'bytes together as they run', most: 128 << 20, sizeOf: ({ content }: Known): number => content?.length ?? 0 },
  // Put together and digested again at each change, while everybody waits.
  { what: 'characters together in what they say of themselves', most: 4 << 20, sizeOf: ({ introspection }: Known): number => introspection.entry.length },
]

type Known = Pick<Described & { readonly failure?: undefined }, 'content' | 'introspection'>

/** What was found out about a file, or that there is no room for it beside the others of its tenant. That may be over soon: they may go. */
export function withinBounds(described: Described, { file, own, confined }: ModuleSource, candidates: Iterable<Candidate>): Described {
  if (described.failure !== undefined || !own || confined === undefined) return described
  const others = [...candidates].flatMap(({ source, good }) => (source.own && source.file !== file && good !== undefined ? [good] : []))
  for (const { what, most, sizeOf } of BOUNDS) {
    const held = others.reduce((sum, other) => sum + sizeOf(other), sizeOf(described))
    if (held <= most) continue
    return { failure: { error: `with this one the modules of its tenant would have ${held} ${what}, at most ${most} may be` }, transient: true }
  }
  return described
}
