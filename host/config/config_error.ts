import { didYouMean } from '../nearest.ts'

/** The configuration cannot be used. The message says where, what was expected and what was found. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** A name that nobody knows, with the nearest that somebody does. */
export function unknownName(where: string, found: string, known: readonly string[]): ConfigError {
  return new ConfigError(`${where}: unknown key "${found}"${didYouMean(found, known)} (there are: ${known.join(', ')})`)
}
