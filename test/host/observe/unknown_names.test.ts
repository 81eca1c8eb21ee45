import pino from 'pino'
import { describe, it } from 'vitest'
import { warnOfUnknownNames } from '../../../host/observe/unknown_names.ts'
import { makeCatalogue } from '../../../host/registry/catalogue.ts'
import type { ModuleSource } from '../../../sandboxes/contract.ts'

const source = (name: string): ModuleSource => ({ name, type: 'expansion', file: `/r/expansion/${name}.py`, root: '/r', builtin: false, runtime: 'python' })
const INTROSPECTION = { entry: '{}', heavy: false, files: [] }
const CATALOGUE = makeCatalogue(
  [{ source: source('virustotal'), introspection: INTROSPECTION, version: '1', content: undefined }],
  [{ source: source('broken'), failure: { error: 'SyntaxError' } }],
)

function warned(config: Parameters<typeof warnOfUnknownNames>[0]): unknown[] {
  const lines: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) })
  warnOfUnknownNames(config, CATALOGUE, log)
  return lines
}

describe('names in the configuration', () => {
  it('that are of modules, loaded or not, and patterns that fit one are fine, and so is what is about all', ({ expect }) => {
    expect(warned({ modules: { 'virustotal': {}, 'virus*': {}, 'broken': { enabled: false }, '*': {} } })).toEqual([])
  })

  it('that are of none are told of, with what may have been meant', ({ expect }) => {
    const tenant = { name: 'acme', shared: { names: ['broken', 'brokn', '*'], roots: undefined } } as unknown as NonNullable<Parameters<typeof warnOfUnknownNames>[0]['tenant']>
    expect(warned({ modules: { 'virustotl': {}, 'shodan_*': {} }, tenant })).toEqual([
      'the configuration names "virustotl" in modules, and there is no such module; did you mean "virustotal"?',
      'the configuration names "shodan_*" in modules, and there is no such module',
      'the configuration names "brokn" in shared, and there is no such module; did you mean "broken"?',
    ])
  })
})
