export class ModuleError extends Error {
  name = 'ModuleError'
}

export function errorAnswer(error) {
  if (typeof error !== 'string' || error === '') throw new TypeError(`errorAnswer wants a text, not ${kindOf(error)}`)
  return { error, results: [] }
}

export function simpleAnswer(...results) {
  return { results: results.map((result, at) => checkedResult(result, `result ${at}`)).filter(({ values }) => values.length > 0) }
}

function checkedResult(result, which) {
  if (kindOf(result) !== 'an object') throw new TypeError(`${which} should be an object with "types" and "values", and is ${kindOf(result)}`)
  for (const key of ['types', 'values']) {
    if (!Array.isArray(result[key])) throw new TypeError(`"${key}" of ${which} should be an array of texts, and is ${kindOf(result[key])}`)
    const other = result[key].find((part) => typeof part !== 'string')
    if (other !== undefined) throw new TypeError(`"${key}" of ${which} should hold texts, and holds ${kindOf(other)}`)
  }
  if (result.types.length === 0) throw new TypeError(`"types" of ${which} is empty: MISP would not know what to store`)
  return { ...result, values: [...new Set(result.values.filter((value) => value !== ''))] }
}

export function exportAnswer(content, { warnings } = {}) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`exportAnswer wants a text or a Uint8Array, not ${kindOf(content)}`)
  return { response: [], data: toBase64(bytes), ...(warnings === undefined ? {} : { warnings }) }
}

export function importedText(query) {
  const bytes = importedBytes(query)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ModuleError('The file should be text in UTF-8, and is something else.')
  }
}

export function importedBytes({ data }) {
  if (typeof data !== 'string') throw new ModuleError(`"data" should be a file in base64, and is ${kindOf(data)}.`)
  try {
    const characters = atob(data)
    return Uint8Array.from(characters, (character) => character.charCodeAt(0))
  } catch {
    throw new ModuleError('"data" should be a file in base64, and has other characters or the wrong length.')
  }
}

const CHUNK = 0x8000

function toBase64(bytes) {
  let characters = ''
  for (let at = 0; at < bytes.length; at += CHUNK) characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(characters)
}

/** What to call a value in a message: its kind, never its content. */
export function kindOf(value) {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty text'
  return { string: 'a text', object: 'an object', function: 'a function' }[typeof value] ?? `a ${typeof value}`
}
