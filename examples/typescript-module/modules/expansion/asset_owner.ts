import { defineModule, ModuleError, simpleAnswer } from 'misp-module-host/sdk'
import { assetOf } from './_inventory.ts'

export default defineModule({
  info: {
    name: 'Asset owner',
    version: '1.0',
    author: 'you',
    description: 'Asks the inventory of our own machines whose address it is.',
    'module-type': ['expansion', 'hover'],
  },
  attributes: { input: ['ip-src', 'ip-dst'], output: ['text'] },
  // What MISP asks an administrator for and sends with each query.
  config: { url: 'Address of the inventory', api_key: 'Key for it' },

  async handler(_query, { input, config, fetch, log }) {
    const { url, api_key: key } = config
    if (url === undefined || key === undefined) throw new ModuleError('The settings url and api_key are required.')
    const asset = await assetOf(input.value, { url, key }, fetch)
    log.info(`${input.value}: ${asset === undefined ? 'not ours' : 'ours'}`)
    if (asset === undefined) return simpleAnswer()
    return simpleAnswer({ types: ['text'], values: [`${asset.owner}, room ${asset.room}`], comment: `Owner of ${input.value}` })
  },
})
