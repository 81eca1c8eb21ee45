import { defineModule, ModuleError, simpleAnswer } from 'misp-module-host/sdk'

export default defineModule({
  info: {
    name: 'Example module',
    version: '0.1',
    author: 'your name',
    description: 'Says what the parts of a name are.',
    // Where MISP offers it: as an enrichment, and when the mouse is over a value.
    'module-type': ['expansion', 'hover'],
  },
  // The types of attributes that it can be asked about, and those that it answers with.
  attributes: { input: ['domain', 'hostname'], output: ['text'] },
  // Settings that an administrator of MISP fills in: context.config has those that are set.
  config: { separator: 'What to put between the parts; a comma where it is not set.' },

  handler(_query, { input, config, log }) {
    const parts = input.value.split('.').filter((part) => part !== '')
    // What can happen becomes an answer that MISP shows; anything else that is thrown is a bug, and is logged as one.
    if (parts.length < 2) throw new ModuleError(`Expected a name with a dot in it, found "${input.value}".`)
    log.info(`${input.type} of ${parts.length} parts`)
    return simpleAnswer(
      { types: ['text'], values: [parts.join(config.separator ?? ', ')], comment: `Parts of ${input.value}` },
      { types: ['text'], values: [parts.at(-1) ?? ''], comment: 'Top level' },
    )
  },
})
