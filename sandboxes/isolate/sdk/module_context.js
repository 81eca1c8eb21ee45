import { kindOf, ModuleError } from './answers.js'

/** The runner's context with the settings as they were declared, and with what is asked about. */
export function contextFor(context, query, { config, attributes, input }) {
  if (context?.config === undefined) {
    throw new TypeError('the handler of a module needs a context as its second argument; in tests use ask of misp-module-host/sdk/testing')
  }
  const values = { ...settings(query.config, Array.isArray(config) ? config : Object.keys(config)), ...userSettings(query.config, attributes.userConfig) }
  return { ...context, config: values, ...(input?.type === undefined ? {} : { input }) }
}

/** Those that have a value. MISP sends null for a setting without one. */
function settings(given, names) {
  const values = {}
  for (const name of names) {
    const value = textOf(given?.[name], name)
    if (value !== undefined) values[name] = value
  }
  return values
}

function userSettings(given, fields = {}) {
  const values = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = textOf(given?.[name], name) ?? textOf(field.default, name)
    if (field.type === 'Boolean') values[name] = value === undefined ? field.checked === true : isTrue(value)
    else if (value !== undefined) values[name] = field.type === 'Integer' ? wholeNumber(value, name) : value
  }
  return values
}

function textOf(value, name) {
  if (value === undefined || value === null || value === '') return undefined
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw new ModuleError(`The setting "${name}" should be a text, and is ${kindOf(value)}.`)
  return String(value)
}

/** MISP sends a check-box as "0" or "1". */
function isTrue(value) {
  return ['1', 'true', 'yes', 'on'].includes(value.trim().toLowerCase())
}

function wholeNumber(value, name) {
  if (!/^\s*[+-]?\d+\s*$/.test(value)) throw new ModuleError(`The setting "${name}" should be a whole number, and is "${value}".`)
  return Number(value)
}
