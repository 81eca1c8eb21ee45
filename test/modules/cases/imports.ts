import { base64, type Case } from '../case.ts'

const TABLE = `# a feed
ip-dst,comment,tags,,domain
192.0.2.1,"first, of ""two""","tlp:clear;feed",left out,a[.]example
192.0.2.2,,,x,
`

export const IMPORT_CASES: readonly Case[] = [
  {
    claim: 'csv_table_import takes headings that are types at their word',
    module: 'import_mod/csv_table_import',
    query: { data: base64(TABLE), config: {} },
    check(expect, answer) {
      const shared = { comment: 'first, of "two"', tags: ['tlp:clear', 'feed'] }
      expect(answer.results).toEqual([
        { types: ['ip-dst'], values: ['192.0.2.1'], ...shared },
        { types: ['domain'], values: ['a.example'], ...shared },
        { types: ['ip-dst'], values: ['192.0.2.2'] },
      ])
    },
  },
  {
    claim: 'csv_table_import follows the columns that the user names',
    module: 'import_mod/csv_table_import',
    query: { data: base64('Number;Value;Note\r\n1;hxxp://a.example/x;bad\r\n2;"192.0.2.7";\r\n'), config: { columns: ',guess,comment', skip_first_line: '1', separator: ';' } },
    check(expect, answer) {
      expect(answer.results).toEqual([{ types: ['url'], values: ['http://a.example/x'], comment: 'bad' }, { types: ['ip-dst'], values: ['192.0.2.7'] }])
    },
  },
  {
    claim: 'csv_table_import guesses types and the separator of a table without headings',
    module: 'import_mod/csv_table_import',
    query: { data: base64(`d41d8cd98f00b204e9800998ecf8427e\ta.example\n${'b'.repeat(64)}\tsome@a.example\n`), config: { columns: '', separator: ' ', skip_first_line: '0' } },
    check: (expect, answer) => expect((answer.results as { types: string[] }[]).map(({ types }) => types[0])).toEqual(['md5', 'domain', 'sha256', 'email']),
  },
  {
    claim: 'csv_table_import says that nothing has a type',
    module: 'import_mod/csv_table_import',
    query: { data: base64('one two\nthree four\n') },
    check: (expect, answer) => expect(answer.error).toBe('No value of the 2 lines has a type. Say what the columns are in "columns".'),
  },
  {
    claim: 'csv_table_import says in which line a quote is open',
    module: 'import_mod/csv_table_import',
    query: { data: base64('domain\n"a.example\nb.example') },
    check: (expect, answer) => expect(answer).toEqual({ error: 'The quote in line 2 is never closed.', results: [] }),
  },
  {
    claim: 'csv_table_import refuses a file that is no text, and one that is not there',
    module: 'import_mod/csv_table_import',
    query: { data: Buffer.from([0xff, 0xfe, 0x41]).toString('base64') },
    check: (expect, answer) => expect(answer.error).toBe('The file should be text in UTF-8, and is something else.'),
  },
  {
    claim: 'json_attributes_import finds the list, guesses types, and gives attributes their comment and tags',
    module: 'import_mod/json_attributes_import',
    query: {
      data: base64(JSON.stringify({
        meta: 1,
        data: { indicators: [{ ioc: 'a[.]example', hash: ['a'.repeat(40), null], why: 'because', labels: ['tlp:clear', 7] }, { ioc: '192.0.2.1', labels: 'a, b' }, 'https://a.example/'] },
      })),
      config: { path: 'data.indicators', comment: 'why', tags: 'labels', to_ids: '0' },
    },
    check(expect, answer) {
      const { Attribute } = answer.results as { Attribute: { type: string; value: string; comment?: string; to_ids: boolean; Tag?: { name: string }[] }[] }
      expect(Attribute.map(({ type, value, comment, to_ids: mark, Tag = [] }) => [type, value, comment, mark, Tag.map(({ name }) => name)])).toEqual([
        ['domain', 'a.example', 'because', false, ['tlp:clear', '7']],
        ['sha1', 'a'.repeat(40), 'because', false, ['tlp:clear', '7']],
        ['ip-dst', '192.0.2.1', undefined, false, ['a', 'b']],
        ['url', 'https://a.example/', undefined, false, []],
      ])
    },
  },
  {
    claim: 'json_attributes_import reads JSON lines and the fields that the user names, marked for detection',
    module: 'import_mod/json_attributes_import',
    query: { data: base64('{"name": "x.exe", "x": "a.example"}\n\n{"name": "y.exe"}\n'), config: { fields: 'name = filename' } },
    check: (expect, answer) => expect(answer.results).toMatchObject({ Attribute: [{ type: 'filename', value: 'x.exe', to_ids: true }, { type: 'filename', value: 'y.exe', to_ids: true }] }),
  },
  {
    claim: 'json_attributes_import says which lists there are',
    module: 'import_mod/json_attributes_import',
    query: { data: base64('{"a": [1], "b": [2]}') },
    check: (expect, answer) => expect(answer.error).toBe('"path" should say which list to read: a, b.'),
  },
  {
    claim: 'json_attributes_import says where a path ends',
    module: 'import_mod/json_attributes_import',
    query: { data: base64('{"a": {"c": []}}'), config: { path: 'a.b' } },
    check: (expect, answer) => expect(answer.error).toBe('"path" leads nowhere: there is no "b"; there are c.'),
  },
  {
    claim: 'json_attributes_import says what is wrong with the JSON',
    module: 'import_mod/json_attributes_import',
    query: { data: base64('[1, 2') },
    check: (expect, answer) => expect(answer.error).toMatch(/^The file should be JSON: \S/),
  },
]
