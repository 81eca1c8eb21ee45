import { defineModule, exportAnswer } from 'misp-module-host/sdk'

export default defineModule({
  info: {
    name: 'Example module',
    version: '0.1',
    author: 'your name',
    description: 'Exports the attributes of events as CSV: type, value, comment.',
    'module-type': ['export'],
  },
  // What MISP calls the file that it offers, and what it says that it is.
  attributes: { responseType: 'text/csv', outputFileExtension: 'csv' },

  handler(query) {
    // MISP hands over the parts of an event beside it, newer ones inside it.
    const attributes = query.data.flatMap((event) => event.Attribute ?? event.Event?.Attribute ?? [])
    const lines = [['type', 'value', 'comment'], ...attributes.map(({ type, value, comment = '' }) => [type, value, comment])]
    return exportAnswer(lines.map((fields) => `${fields.map(quoted).join(',')}\r\n`).join(''))
  },
})

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
