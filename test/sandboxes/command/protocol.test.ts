import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { encodeFrame, FrameReader } from '../../../sandboxes/wire/frames.ts'
import { blocksOf, linksOf, read, tableOf } from '../../docs/markdown.ts'
import { PROJECT } from '../../support/source_tree.ts'

interface Side {
  readonly header: object
  readonly payload: string
  /** Hexadecimal. */
  readonly frame: string
}
const { query, result } = JSON.parse(read('test/fixtures/protocol/program.json')) as { query: Side; result: Side }
const PAGE = read('sandboxes/PROTOCOL.md')
const EXAMPLE = join(PROJECT, 'examples', 'other-language', 'modules', 'expansion')

describe('the page on the protocol', () => {
  it('shows the frames of the fixture, which are frames as the host makes and reads them', ({ expect }) => {
    for (const [name, { header, payload, frame }] of Object.entries({ query, result })) {
      expect(block(`hex ${name}`).replaceAll(/\s/g, '')).toBe(frame)
      expect(Buffer.concat(encodeFrame(header, [Buffer.from(payload)])).toString('hex')).toBe(frame)
      const [read] = new FrameReader(1000).push(Buffer.from(frame, 'hex'))
      expect(read).toMatchObject({ header, payloadBytes: payload.length })
    }
    expect(PAGE).toContain(`MISP asks \`${query.payload}\``)
  })

  it('shows the program and the declaration of the example', ({ expect }) => {
    expect(block('perl program')).toBe(readFileSync(join(EXAMPLE, 'checks_iban.pl'), 'utf8'))
    expect(block('json declaration')).toBe(readFileSync(join(EXAMPLE, 'checks_iban.module.json'), 'utf8'))
  })

  it('shows a program that answers as it says, query after query', ({ expect }) => {
    const input = Buffer.from(query.frame + query.frame, 'hex')
    const output = execFileSync(join(EXAMPLE, 'checks_iban.pl'), { input })
    expect(output.toString('hex')).toBe(result.frame + result.frame)
  })

  it('says of every key of a declaration what it means', async ({ expect }) => {
    const { KEYS } = await import('../../../sandboxes/command/shim/declaration.ts')
    const { rows } = tableOf(PAGE, 'Key', 'Meaning')
    expect(rows.map(([key]) => key)).toEqual(KEYS.map((key) => `\`${key}\``))
  })

  it('is linked from the README', ({ expect }) => {
    expect(linksOf(read('README.md')).map(({ target }) => target)).toContain('sandboxes/PROTOCOL.md')
  })
})

function block(wanted: string): string {
  const found = blocksOf(PAGE).find(({ info }) => info === wanted)
  return `${found?.text.trimEnd() ?? ''}\n`
}
