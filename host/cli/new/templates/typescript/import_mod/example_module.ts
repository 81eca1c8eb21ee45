import { defineModule, importedText, ModuleError, simpleAnswer } from 'misp-module-host/sdk'

export default defineModule({
  info: {
    name: 'Example module',
    version: '0.1',
    author: 'your name',
    description: 'Imports a list of IP addresses and names, one a line.',
    'module-type': ['import'],
  },
  attributes: {
    // MISP offers a file to choose and a field to paste into.
    inputSource: ['file', 'paste'],
    output: ['ip-dst', 'domain'],
    // What is asked for each import; context.config has the answers.
    userConfig: {
      comment: { type: 'String', message: 'A comment for each attribute' },
      for_ids: { type: 'Boolean', message: 'Whether the attributes are for detection', checked: true },
    },
  },

  handler(query, { config }) {
    const lines = importedText(query).split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
    if (lines.length === 0) throw new ModuleError('Expected a line for each address or name, found none.')
    const about = { comment: config.comment ?? '', to_ids: config.for_ids }
    const isAddress = (line: string): boolean => /^[\d.]+$|:/.test(line)
    return simpleAnswer(
      { types: ['ip-dst'], values: lines.filter(isAddress), ...about },
      { types: ['domain'], values: lines.filter((line) => !isAddress(line)), ...about },
    )
  },
})
