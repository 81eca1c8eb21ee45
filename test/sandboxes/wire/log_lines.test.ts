import { PassThrough } from 'node:stream'
import { describe, it } from 'vitest'
import { LogLines, type LogCaps } from '../../../sandboxes/wire/log_lines.ts'
import { eventually } from '../../support/processes.ts'

type Line = readonly [text: string, query: string | undefined]

function reading(caps: LogCaps = { bytes: 100_000, lines: 100 }): { stream: PassThrough; lines: Line[]; log: LogLines } {
  const stream = new PassThrough()
  const lines: Line[] = []
  return { stream, lines, log: new LogLines(stream, caps, (text, query) => lines.push([text, query])) }
}

describe('lines of a log', () => {
  it('are whole however they arrive', async ({ expect }) => {
    const { stream, lines } = reading()
    for (const part of ['one\nt', 'w', 'o\n', '\nthree\n']) stream.write(part)
    await eventually(() => expect(lines.map(([text]) => text)).toEqual(['one', 'two', 'three']))
  })

  it('need no end: what nothing follows for a while is a line', async ({ expect }) => {
    const { stream, lines } = reading()
    stream.write('a prompt: ')
    await eventually(() => expect(lines.map(([text]) => text)).toEqual(['a prompt: ']))
  })

  it('are cut where they are long, and the next one is whole', async ({ expect }) => {
    const { stream, lines } = reading()
    for (let part = 0; part < 10; part += 1) stream.write('x'.repeat(2000))
    stream.write('\nnext\n')
    await eventually(() => expect(lines.map(([text]) => text)).toEqual([`${'x'.repeat(8192)} ... (cut)`, 'next']))
  })

  it('are dropped beyond the caps, which is said once and counted anew for the next query', async ({ expect }) => {
    const { stream, lines, log } = reading({ bytes: 1000, lines: 2 })
    const dropped = '... the rest is dropped: a query may log 2 lines and 1000 bytes'
    log.attribute('a')
    await new Promise(setImmediate)
    stream.write('1\n2\n3\n4\n')
    await eventually(() => expect(lines).toEqual([['1', 'a'], ['2', 'a'], [dropped, 'a']]))
    log.attribute('b')
    await new Promise(setImmediate)
    stream.write(`${'y'.repeat(1200)}\n5\n`)
    await eventually(() => expect(lines.slice(3)).toEqual([['y'.repeat(1200), 'b'], [dropped, 'b']]))
  })

  it('are counted anew from time to time where no query is', async ({ expect }) => {
    const { stream, lines } = reading({ bytes: 1000, lines: 2, everyMs: 300 })
    const dropped = '... the rest is dropped: in 0.3 s a fork server may log 2 lines and 1000 bytes'
    stream.write('1\n2\n3\n')
    await eventually(() => expect(lines.map(([text]) => text)).toEqual(['1', '2', dropped]))
    await new Promise((resolve) => setTimeout(resolve, 400))
    stream.write('4\n')
    await eventually(() => expect(lines.slice(3).map(([text]) => text)).toEqual(['4']))
  })
})
