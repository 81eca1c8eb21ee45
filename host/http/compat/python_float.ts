/**
 * Prints a float as Python's JSON writer does: the shortest digits that read back the same, with a fraction even when it is
 * whole, and with an exponent below 1e-5 and from 1e16 on. Not finite: `null`.
 */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  if (Object.is(value, -0)) return '-0.0'
  // 1e-6 and 1e16 to 1e20 are the numbers that JavaScript prints without an exponent and Python with one.
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -5 || exponent > 15) return `${digits}e${exponent < 0 ? '' : '+'}${exponent}`
  const plain = String(value)
  return plain.includes('.') ? plain : `${plain}.0`
}
