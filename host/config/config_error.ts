import leven from 'leven'

/** The configuration cannot be used. The message says where, what was expected and what was found. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** A name that nobody knows, with the nearest that somebody does. */
export function unknownName(where: string, found: string, known: readonly string[]): ConfigError {
  const [nearest] = known.toSorted((a, b) => leven(a, found) - leven(b, found))
  const hint = nearest !== undefined && leven(nearest, found) <= Math.max(2, found.length / 2) ? `; did you mean "${nearest}"?` : ''
  return new ConfigError(`${where}: unknown key "${found}"${hint} (there are: ${known.join(', ')})`)
}
