import { describe, it } from 'vitest'
import { plainTable } from '../../../host/cli/table.ts'

const rows = [['one', 'a short text'], ['two', 'a longer text that does not fit, and /a/path/that/is/longer/than/any/line/can/be\nthen more']]

describe('a table', () => {
  it('is as wide as its texts where it goes to no terminal', ({ expect }) => {
    expect(plainTable({ head: ['a', 'b'], rows, columns: undefined })).toBe([
      'a    b',
      'one  a short text',
      'two  a longer text that does not fit, and /a/path/that/is/longer/than/any/line/can/be',
      '     then more',
    ].join('\n'))
  })

  it('fits a terminal: lines break at spaces, and in words only where one is longer than a line', ({ expect }) => {
    expect(plainTable({ head: ['a', 'b'], rows, columns: 36 })).toBe([
      'a    b',
      'one  a short text',
      'two  a longer text that does not',
      '     fit, and',
      '     /a/path/that/is/longer/than/an',
      '     y/line/can/be',
      '     then more',
    ].join('\n'))
  })
})
