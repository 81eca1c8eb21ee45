import { defineModule, importedText, ModuleError, simpleAnswer, type SimpleResult } from 'misp-module-host/sdk'
import { refanged, typeByForm } from './_attribute_types.ts'
import { csvRows, separatorOf } from './_csv.ts'

/** Words that a column may have instead of an attribute type. */
const ROLES = ['comment', 'tags', 'category', 'guess'] as const
type Column = { readonly role: (typeof ROLES)[number] } | { readonly type: string } | undefined

export default defineModule({
  info: {
    name: 'CSV table import',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Attributes from the columns of a table: CSV with commas, semicolons, tabs or bars.',
    'module-type': ['import'],
    features:
      '`columns` says what each column is, in order: an attribute type such as `ip-dst`, `guess` for a type that is told from each value, ' +
      '`comment`, `tags` or `category` for what holds for the whole line, or nothing for a column to leave out. Without `columns` the first ' +
      'line says it; where that is not of such words, types are guessed. Defanged values are understood. Lines that begin with # are left out.',
    references: ['https://www.rfc-editor.org/rfc/rfc4180'],
    input: 'A table in UTF-8.',
    output: 'Attributes with comments and tags.',
  },
  attributes: {
    inputSource: ['file', 'paste'],
    userConfig: {
      columns: { type: 'String', message: 'What each column is, for example: ip-dst,,comment,tags. Empty: the first line says it, or types are guessed.' },
      skip_first_line: { type: 'Boolean', message: 'The first line has headings; only needed where "columns" is filled in.', checked: false },
      separator: { type: 'String', message: 'One character, or the word tab. Empty: what the first line is separated by.' },
    },
  },

  handler(query, { config }) {
    const text = importedText(query)
    const rows = csvRows(text, separatorFor(config.separator, text))
    const [first = []] = rows
    if (first.length === 0) throw new ModuleError('The table has no lines.')
    const { columns, data } = config.columns === undefined
      ? withHeadings(rows, first)
      : { columns: columnsOf(config.columns), data: config.skip_first_line ? rows.slice(1) : rows }
    const results = data.flatMap((row) => resultsOf(row, columns))
    if (results.length === 0) throw new ModuleError(`No value of the ${data.length} lines has a type. Say what the columns are in "columns".`)
    return simpleAnswer(...results)
  },
})

/** A first line of nothing but column names is taken at its word. */
function withHeadings(rows: readonly string[][], first: readonly string[]) {
  const named = first.every((heading) => heading === '' || isRole(heading) || (/^[A-Za-z][A-Za-z\d|/_-]+$/.test(heading) && typeByForm(heading) === undefined))
  if (named) return { columns: first.map(columnOf), data: rows.slice(1) }
  return { columns: first.map((): Column => ({ role: 'guess' })), data: rows }
}

function columnsOf(setting: string): Column[] {
  return setting.split(',').map((word) => columnOf(word.trim()))
}

function columnOf(word: string): Column {
  if (word === '') return undefined
  return isRole(word) ? { role: word } : { type: word }
}

function isRole(word: string): word is (typeof ROLES)[number] {
  return (ROLES as readonly string[]).includes(word)
}

function resultsOf(row: readonly string[], columns: readonly Column[]): SimpleResult[] {
  const valuesOf = (role: string) => row.filter((value, at) => value !== '' && roleOf(columns[at]) === role)
  const comment = valuesOf('comment').join(', ')
  const tags = valuesOf('tags').flatMap((value) => value.split(/[,;]/)).map((tag) => tag.trim()).filter((tag) => tag !== '')
  const categories = valuesOf('category')
  return row.flatMap((written, at) => {
    const value = refanged(written)
    const type = typeFor(columns[at], value)
    if (value === '' || type === undefined) return []
    return [{
      types: [type],
      values: [value],
      ...(comment === '' ? {} : { comment }),
      ...(tags.length === 0 ? {} : { tags }),
      ...(categories.length === 0 ? {} : { categories }),
    }]
  })
}

function roleOf(column: Column): string | undefined {
  return column !== undefined && 'role' in column ? column.role : undefined
}

function typeFor(column: Column, value: string): string | undefined {
  if (column === undefined) return undefined
  if ('type' in column) return column.type
  return column.role === 'guess' ? typeByForm(value) : undefined
}

function separatorFor(setting: string | undefined, text: string): string {
  // MISP sends a blank for a field that is left empty.
  if (setting === undefined || setting.trim() === '') return setting === '\t' ? '\t' : separatorOf(text)
  const separator = ['tab', '\\t'].includes(setting.trim().toLowerCase()) ? '\t' : setting.trim()
  if (separator.length !== 1 || separator === '"') throw new ModuleError(`"separator" should be one character or the word tab, and is "${setting}".`)
  return separator
}
