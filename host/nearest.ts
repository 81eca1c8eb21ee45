import leven from 'leven'

/** The known name that was probably meant; undefined where none is near. */
export function nearest(found: string, known: readonly string[]): string | undefined {
  const [closest] = known.toSorted((a, b) => leven(a, found) - leven(b, found))
  return closest !== undefined && leven(closest, found) <= Math.max(2, found.length / 2) ? closest : undefined
}

/** For the middle of a message: `; did you mean "that"?`, or nothing. */
export function didYouMean(found: string, known: readonly string[]): string {
  const meant = nearest(found, known)
  return meant === undefined ? '' : `; did you mean "${meant}"?`
}
