import { checkDefinition } from './check_definition.js'
import { errorAnswer, ModuleError } from './answers.js'
import { contextFor } from './module_context.js'
import { inputOf } from './module_input.js'

export { errorAnswer, exportAnswer, importedBytes, importedText, ModuleError, simpleAnswer } from './answers.js'
export { mispResults, objectTemplate } from './misp_results.js'

export function defineModule(definition) {
  checkDefinition(definition)
  const { info, attributes, config = [], handler, objectHandler } = definition
  return {
    introspection: () => attributes,
    version: () => versionOf(info, attributes, config),
    async handler(query, context) {
      try {
        const input = inputOf(query, definition)
        const answers = input?.object === true ? objectHandler : handler
        return await answers.call(definition, query, contextFor(context, query, { config, attributes, input }))
      } catch (error) {
        if (error instanceof ModuleError) return errorAnswer(error.message)
        throw error
      }
    },
  }
}

const EMPTY = { logo: '', requirements: [], features: '', references: [], input: '', output: '' }

function versionOf(info, attributes, config) {
  if (info['module-type'][0] === 'action') return { ...EMPTY, ...info, config: attributes.config }
  if (Array.isArray(config)) return { ...EMPTY, ...info, config: [...config] }
  // MISP breaks off where `config` holds anything but names, so that descriptions stand beside it.
  return { ...EMPTY, ...info, config: Object.keys(config), config_descriptions: config }
}
