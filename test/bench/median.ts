/** The middle of the values; of an even number the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}

/** The value that `share` (0 to 1) of the values do not exceed. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  return at(sorted, Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1))
}

/**
 * The median of `values[i] / others[i]`. Values of one round were measured one right after the other, so that what else the
 * machine did then is in both.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value / (others[round] ?? Number.NaN)))
}

function at(sorted: Float64Array, index: number): number {
  return sorted[Math.max(0, index)] ?? Number.NaN
}
