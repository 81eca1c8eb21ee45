import type { ByteBudget } from './compat/body.ts'

/** Counts the bytes of bodies that are held, up to `limit`. */
export function byteBudget(limit: number): ByteBudget & { readonly held: () => number } {
  let held = 0
  return {
    take(n) {
      if (held + n > limit) return false
      held += n
      return true
    },
    give(n) {
      held -= n
    },
    held: () => held,
  }
}
