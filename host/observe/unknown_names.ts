import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { matcher } from '../config/module_settings.ts'
import { didYouMean } from '../nearest.ts'
import type { Catalogue } from '../registry/catalogue.ts'

/**
 * Logs each name and pattern of the configuration that is no module's: mistyped it grants nothing, and takes nothing away. Of a module that
 * is to come it is right all the same.
 */
export function warnOfUnknownNames({ modules, tenant }: Pick<Config, 'modules' | 'tenant'>, { loaded, notLoaded }: Catalogue, log: Logger): void {
  const known = [...new Set([...loaded.keys(), ...notLoaded.map(({ source }) => source.name)])]
  const warn = (where: string, names: readonly string[]): void => {
    for (const name of names) {
      if (/^\*+$/.test(name) || known.some(matcher(name))) continue
      log.warn({ [where]: name }, `the configuration names "${name}" in ${where}, and there is no such module${didYouMean(name, known)}`)
    }
  }
  warn('modules', Object.keys(modules))
  warn('shared', tenant?.shared.names ?? [])
}
