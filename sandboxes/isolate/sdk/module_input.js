import { kindOf, ModuleError } from './answers.js'

/**
 * What an expansion is asked about, as `{ type, value }`, or `{ object: true }`; undefined for other kinds of modules. Throws ModuleError
 * where the query is not what the module declared, so that handlers need not look themselves.
 */
export function inputOf(query, { info, attributes, objectHandler }) {
  if (kindOf(query) !== 'an object') throw new ModuleError(`A query should be an object, and is ${kindOf(query)}.`)
  switch (info['module-type'][0]) {
    case 'import': return checkImport(query, attributes)
    case 'export': return checkExport(query)
    case 'action': return checkAction(query)
    default: return attributes.format === 'misp_standard' ? askedAttribute(query, attributes, objectHandler) : askedValue(query, attributes)
  }
}

function askedAttribute(query, { input }, objectHandler) {
  if (query.attribute === undefined && query.object !== undefined) {
    if (objectHandler === undefined) throw new ModuleError(`This module takes an attribute (${oneOf(input)}), and was asked about an object.`)
    if (kindOf(query.object) !== 'an object') throw new ModuleError(`"object" should be an object, and is ${kindOf(query.object)}.`)
    return { object: true }
  }
  const { attribute } = query
  if (kindOf(attribute) !== 'an object') {
    throw new ModuleError(`This module requires an "attribute" field as input, with type, value and uuid; it is ${kindOf(attribute)}.`)
  }
  for (const key of ['type', 'value', 'uuid']) {
    if (typeof attribute[key] !== 'string' || attribute[key] === '') {
      throw new ModuleError(`"attribute" should have a type, a value and a uuid; "${key}" is ${kindOf(attribute[key])}.`)
    }
  }
  if (!input.includes(attribute.type)) throw new ModuleError(`This module takes ${oneOf(input)}, and was asked about ${attribute.type}.`)
  return { type: attribute.type, value: attribute.value }
}

function askedValue(query, { input }) {
  const type = input.find((each) => typeof query[each] === 'string' && query[each] !== '')
  if (type !== undefined) return { type, value: query[type] }
  const wrong = input.find((each) => query[each] !== undefined)
  throw new ModuleError(wrong === undefined
    ? `This module takes ${oneOf(input)}; the query has ${namesOf(query)}.`
    : `"${wrong}" should be a text, and is ${kindOf(query[wrong])}.`)
}

function checkImport(query, { inputSource }) {
  if (typeof query.data === 'string' && (query.data !== '' || inputSource.length === 0)) return
  if (query.data === undefined && inputSource.length === 0) return
  throw new ModuleError(`This module imports ${inputSource.length === 0 ? 'nothing from "data"' : 'the file in "data" (base64)'}; it is ${kindOf(query.data)}.`)
}

function checkExport(query) {
  if (!Array.isArray(query.data)) throw new ModuleError(`This module exports the events in "data", an array; it is ${kindOf(query.data)}.`)
  const other = query.data.find((event) => kindOf(event) !== 'an object')
  if (other !== undefined) throw new ModuleError(`"data" should hold events, and holds ${kindOf(other)}.`)
}

function checkAction(query) {
  if (kindOf(query.params) !== 'an object') throw new ModuleError(`This module needs its parameters in "params", an object; it is ${kindOf(query.params)}.`)
}

function oneOf(types) {
  return types.length < 2 ? types.join('') : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`
}

function namesOf(query) {
  const names = Object.keys(query).filter((name) => name !== 'module' && name !== 'config')
  return names.length === 0 ? 'none of them' : names.slice(0, 8).join(', ')
}
