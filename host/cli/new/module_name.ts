import { UsageError } from '../usage_error.ts'

/** Letters, digits and _: MISP keeps settings under the name, and every language has it as a file. Throws UsageError. */
export function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST) return
  const like = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^[^A-Za-z]+|_+$/g, '').slice(0, LONGEST)
  const meant = like === '' ? '' : `; did you mean "${like}"?`
  throw new UsageError(`expected a name of letters, digits and _ that begins with a letter and has at most ${LONGEST} characters, found "${name}"${meant}`)
}

const LONGEST = 60

/** The text of a template with its own name, in each of its spellings, replaced by that of the module. */
export function renamed(template: string, name: string): string {
  const words = name.split('_').filter(Boolean)
  const capitalised = words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
  const title = [capitalised[0], ...words.slice(1)].join(' ')
  return template.replaceAll('example_module', name).replaceAll('Example module', title).replaceAll('ExampleModule', capitalised.join(''))
}
