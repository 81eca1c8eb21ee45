import type { ByteBudget } from './compat/body.ts'

export interface HeldBytes extends ByteBudget {
  readonly held: () => number
}

/** Counts the bytes of bodies that are held, up to `limit`, and against the budget that it is a part of. */
export function byteBudget(limit: number, whole?: ByteBudget): HeldBytes {
  let held = 0
  return {
    take(n) {
      if (held + n > limit || whole?.take(n) === false) return false
      held += n
      return true
    },
    give(n) {
      held -= n
      whole?.give(n)
    },
    held: () => held,
  }
}
