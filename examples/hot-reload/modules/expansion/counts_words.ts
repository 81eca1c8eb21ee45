import { defineModule, simpleAnswer } from 'misp-module-host/sdk'
import { STOP_WORDS } from './_stop_words.ts'

export default defineModule({
  info: { name: 'Counts words', version: '1', author: 'you', description: 'How many words a text has.', 'module-type': ['expansion'] },
  attributes: { input: ['text'], output: ['text'] },
  handler(_query, { input }) {
    const words = input.value.split(' ').filter((word) => !STOP_WORDS.has(word))
    return simpleAnswer({ types: ['text'], values: [`${words.length} words`] })
  },
})
