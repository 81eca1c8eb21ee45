import { kindOf } from './answers.js'

const KINDS = ['expansion', 'hover', 'import', 'export', 'action']

/** Throws TypeError with what a definition should have and what it has, so that a module that cannot work does not load. */
export function checkDefinition(definition) {
  expectKind(definition, 'an object', 'what defineModule is given')
  const { info, attributes, config = [], handler, objectHandler } = definition
  expectKind(info, 'an object', '"info"')
  for (const key of ['name', 'version', 'author', 'description']) expectKind(info[key], 'a text', `"info.${key}"`)
  if (info.warm !== undefined && typeof info.warm !== 'boolean') throw new TypeError(`"info.warm" should be true or false, and is ${kindOf(info.warm)}`)
  const kind = checkedKind(info['module-type'])
  expectKind(attributes, 'an object', '"attributes"')
  CHECKS[kind](attributes)
  if (Array.isArray(config)) {
    for (const name of config) expectKind(name, 'a text', 'each name in "config"')
  } else {
    expectKind(config, 'an object', '"config"')
    for (const [name, description] of Object.entries(config)) expectKind(description, 'a text', `the description of "${name}" in "config"`)
  }
  expectKind(handler, 'a function', '"handler"')
  if (objectHandler !== undefined) {
    expectKind(objectHandler, 'a function', '"objectHandler"')
    if (attributes.format !== 'misp_standard') throw new TypeError(`"objectHandler" needs "format": "misp_standard" in "attributes"`)
  }
}

const CHECKS = {
  expansion: (attributes) => {
    expectTexts(attributes.input, '"attributes.input"')
    if (attributes.input.length === 0) throw new TypeError('"attributes.input" is empty: MISP would offer the module nowhere')
    checkFormat(attributes)
  },
  import: (attributes) => {
    expectTexts(attributes.inputSource, '"attributes.inputSource"')
    const other = attributes.inputSource.find((source) => source !== 'file' && source !== 'paste')
    if (other !== undefined) throw new TypeError(`"attributes.inputSource" should hold "file" or "paste", and holds "${other}"`)
    for (const [name, field] of Object.entries(attributes.userConfig ?? {})) {
      if (!['String', 'Boolean', 'Integer'].includes(field?.type)) {
        throw new TypeError(`"type" of "${name}" in "attributes.userConfig" should be String, Boolean or Integer, and is ${named(field?.type)}`)
      }
    }
    checkFormat(attributes)
  },
  export: (attributes) => {
    expectKind(attributes.responseType, 'a text', '"attributes.responseType"')
    expectKind(attributes.outputFileExtension, 'a text', '"attributes.outputFileExtension"')
  },
  action: (attributes) => {
    expectKind(attributes.config, 'an object', '"attributes.config"')
    expectKind(attributes.config.params, 'an object', '"attributes.config.params"')
  },
}

function checkedKind(kinds) {
  expectTexts(kinds, '"info.module-type"')
  const other = kinds.find((kind) => !KINDS.includes(kind))
  if (other !== undefined || kinds.length === 0) throw new TypeError(`"info.module-type" should hold some of ${KINDS.join(', ')}, and holds ${named(other)}`)
  const families = new Set(kinds.map((kind) => (kind === 'hover' ? 'expansion' : kind)))
  if (families.size > 1) throw new TypeError(`"info.module-type" should be of one kind, and is ${kinds.join(' and ')}: only expansion and hover go together`)
  return [...families][0]
}

function checkFormat({ format }) {
  if (format !== undefined && format !== 'misp_standard') throw new TypeError(`"attributes.format" should be "misp_standard" or not there, and is ${named(format)}`)
}

function expectTexts(value, what) {
  if (!Array.isArray(value)) throw new TypeError(`${what} should be an array of texts, and is ${kindOf(value)}`)
  const other = value.find((part) => typeof part !== 'string')
  if (other !== undefined) throw new TypeError(`${what} should hold texts, and holds ${kindOf(other)}`)
}

function expectKind(value, kind, what) {
  const found = kindOf(value)
  if (found !== kind) throw new TypeError(`${what} should be ${kind}, and is ${found}`)
}

function named(value) {
  return typeof value === 'string' ? `"${value}"` : kindOf(value)
}
