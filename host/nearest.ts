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

/** The known names that were perhaps meant, the nearest first. None for what is too long to be a name. */
export function nearestFew(found: string, known: readonly string[]): readonly string[] {
  if (found.length > LONGEST) return []
  const wanted = found.toLowerCase()
  const near = known.map((name) => ({ name, distance: name.toLowerCase().includes(wanted) ? 1 : leven(name.toLowerCase(), wanted) }))
  return near.filter(({ distance }) => distance <= Math.max(2, found.length / 2)).sort((a, b) => a.distance - b.distance).slice(0, FEW).map(({ name }) => name)
}

const LONGEST = 255
const FEW = 3
