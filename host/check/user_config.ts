import { didYouMean } from '../nearest.ts'
import type { ModuleType } from '../../sandboxes/contract.ts'
import { found, isObject, type Findings } from './finding.ts'

/** Kinds of fields that MISP's import form has. */
export const FIELD_TYPES = ['String', 'Integer', 'Boolean', 'IP', 'Select']

/** What MISP asks whoever imports. */
export function checkUserConfig(type: ModuleType, fields: unknown, say: Findings): void {
  const about = 'mispattributes.userConfig'
  if (fields === undefined || isEmptyList(fields)) return
  if (!isObject(fields)) return say.error(about, `expected an object of fields, found ${found(fields)}`)
  if (type !== 'import_mod') {
    if (Object.keys(fields).length > 0) say.warning(about, `MISP asks this of import modules only; settings of other modules are listed in version(), as "config"`)
    return
  }
  for (const [name, field] of Object.entries(fields)) checkField(`${about}.${name}`, field, say)
}

/** What PHP and Python make of an object without keys. */
function isEmptyList(fields: unknown): boolean {
  return Array.isArray(fields) && fields.length === 0
}

function checkField(about: string, field: unknown, say: Findings): void {
  if (!isObject(field)) return say.error(about, `expected an object with "type" and "message", found ${found(field)}`)
  const { type, message, options, regex, errorMessage } = field
  if (!FIELD_TYPES.includes(type as string)) {
    const meant = typeof type === 'string' ? didYouMean(type, FIELD_TYPES) : ''
    say.error(`${about}.type`, `expected one of ${FIELD_TYPES.join(', ')}, found ${found(type)}: MISP's form breaks${meant}`)
  }
  if (typeof message !== 'string' || message === '') say.warning(`${about}.message`, `expected what MISP shows beside the field, found ${found(message)}`)
  if (type === 'Select' && (typeof options !== 'object' || options === null)) {
    say.error(`${about}.options`, `expected what there is to choose from, found ${found(options)}`)
  }
  if (regex !== undefined && errorMessage === undefined) say.note(`${about}.errorMessage`, 'says what is wrong where "regex" does not fit; there is none')
}
