import { defineModule, ModuleError } from 'misp-module-host/sdk'

export default defineModule({
  info: {
    name: 'Example module',
    version: '0.1',
    author: 'your name',
    description: 'Lets a workflow go on only for events whose title has a word in it.',
    'module-type': ['action'],
  },
  attributes: {
    config: {
      // What the author of a workflow fills in.
      params: { word: { type: 'string', description: 'The word that the title of the event must have', value: 'malware' } },
      // An error stops the workflow.
      blocking: true,
      // `data` is the event in MISP's own form.
      expect_misp_core_format: true,
    },
  },

  handler({ data, params: { word = '' } }, { log }) {
    const title = titleOf(data)
    log.info(`looking for "${word}" in "${title}"`)
    if (!title.toLowerCase().includes(word.toLowerCase())) throw new ModuleError(`"${word}" is not in the title "${title}".`)
    return { data: true }
  },
})

function titleOf(data: unknown): string {
  const { Event: event } = Object(data) as { Event?: { info?: unknown } }
  if (typeof event?.info !== 'string') throw new ModuleError('Expected an event with a title.')
  return event.info
}
