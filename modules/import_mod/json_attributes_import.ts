import { defineModule, importedText, type MispResults, ModuleError, mispResults } from 'misp-module-host/sdk'
import { type Json, record, text } from '../_json.ts'
import { refanged, typeByForm } from './_attribute_types.ts'

export default defineModule({
  info: {
    name: 'JSON attributes import',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Attributes from the records of a JSON file, such as the export of a feed or another tool.',
    'module-type': ['import'],
    features:
      'Takes a list of objects or texts, an object that holds one somewhere (`path` says where, for example `data.indicators`), or one JSON ' +
      'value on each line. `fields` says which field is of which attribute type, for example `ioc=domain, hash=sha256`; `=guess` tells the ' +
      'type from each value. Without `fields` types are guessed for all fields. The fields named in `comment` and `tags` hold for all attributes of a record.',
    references: ['https://www.rfc-editor.org/rfc/rfc8259'],
    input: 'JSON or JSON lines in UTF-8.',
    output: 'Attributes with comments and tags.',
  },
  attributes: {
    inputSource: ['file', 'paste'],
    format: 'misp_standard',
    userConfig: {
      path: { type: 'String', message: 'Where the list is, as names separated by dots. Empty: the file is the list, or holds one list.' },
      fields: { type: 'String', message: 'For example: ioc=domain, ip=ip-dst, value=guess. Empty: types are guessed.' },
      comment: { type: 'String', message: 'Name of the field with a comment.' },
      tags: { type: 'String', message: 'Name of the field with tags: a list, or a text with commas.' },
      to_ids: { type: 'Boolean', message: 'Mark the attributes for detection.', checked: true },
    },
  },

  handler(query, { config }) {
    const records = recordsIn(importedText(query), config.path)
    const fields = fieldsOf(config.fields)
    const results = mispResults()
    for (const each of records) addRecord(results, each, fields, config)
    const answer = results.answer()
    if (answer.results.Attribute === undefined) throw new ModuleError(nothingFound(records, fields))
    return answer
  },
})

type Fields = ReadonlyMap<string, string> | undefined

function addRecord(results: MispResults, value: unknown, fields: Fields, settings: { comment?: string; tags?: string; to_ids: boolean }): void {
  const given: Json = typeof value === 'string' ? { value } : record(value)
  const comment = settings.comment === undefined ? undefined : text(given[settings.comment])
  const tags = settings.tags === undefined ? [] : tagsIn(given[settings.tags])
  for (const [field, written] of Object.entries(given)) {
    if (field === settings.comment || field === settings.tags) continue
    for (const each of [written].flat().map(text)) {
      const plain = each === undefined ? '' : refanged(each)
      const declared = fields === undefined ? 'guess' : fields.get(field)
      const type = declared === 'guess' ? typeByForm(plain) : declared
      if (plain !== '' && type !== undefined) results.attribute(type, plain, { to_ids: settings.to_ids, tags, ...(comment === undefined ? {} : { comment }) })
    }
  }
}

function recordsIn(written: string, path: string | undefined): readonly unknown[] {
  const whole = parsed(written)
  const names = (path ?? '').trim().split('.').filter((name) => name !== '')
  const found = names.reduce<unknown>((value, name) => {
    const next = record(value)[name]
    if (next === undefined) throw new ModuleError(`"path" leads nowhere: there is no "${name}"; there are ${Object.keys(record(value)).join(', ') || 'no names'}.`)
    return next
  }, whole)
  if (Array.isArray(found)) return found
  const lists = Object.entries(record(found)).filter(([, value]) => Array.isArray(value))
  if (lists.length > 1) throw new ModuleError(`"path" should say which list to read: ${lists.map(([name]) => [...names, name].join('.')).join(', ')}.`)
  return (lists[0]?.[1] as unknown[] | undefined) ?? [found]
}

/** One JSON value, or one on each line. */
function parsed(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch (whole) {
    const lines = written.split('\n').map((line) => line.trim()).filter((line) => line !== '')
    if (lines.length < 2) throw new ModuleError(`The file should be JSON: ${(whole as Error).message}`)
    return lines.map((line, at) => {
      try {
        return JSON.parse(line) as unknown
      } catch (error) {
        throw new ModuleError(`The file is neither JSON nor JSON lines: ${(whole as Error).message}; line ${at + 1} alone: ${(error as Error).message}`)
      }
    })
  }
}

function fieldsOf(setting: string | undefined): Fields {
  if (setting === undefined || setting.trim() === '') return undefined
  return new Map(setting.split(',').map((pair) => {
    const [field = '', type = ''] = pair.split('=').map((part) => part.trim())
    if (field === '' || type === '') throw new ModuleError(`"fields" should be pairs such as ioc=domain, separated by commas; "${pair.trim()}" is none.`)
    return [field, type] as const
  }))
}

function tagsIn(value: unknown): string[] {
  const written: readonly unknown[] = Array.isArray(value) ? value : (text(value)?.split(',') ?? [])
  return written.flatMap((tag) => text(tag) ?? [])
}

function nothingFound(records: readonly unknown[], fields: Fields): string {
  const names = Object.keys(record(records[0])).join(', ') || 'none'
  if (fields === undefined) return `No value of the ${records.length} records has a type that can be guessed. Name types in "fields"; the first record has ${names}.`
  return `None of the fields ${[...fields.keys()].join(', ')} is in the ${records.length} records; the first has ${names}.`
}
