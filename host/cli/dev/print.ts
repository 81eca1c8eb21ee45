import { styleText } from 'node:util'
import { printable } from '../printable.ts'

type Style = Parameters<typeof styleText>[0]

/** Kinds of lines and their colours; where there is no terminal, or nobody wants colours, there are none. */
const STYLES = {
  query: 'cyan', answer: 'green', failed: 'red', log: 'dim', request: 'dim',
  loaded: 'green', reloaded: 'green', removed: 'yellow', error: 'red', warning: 'yellow', note: 'dim', host: 'yellow', dev: 'bold',
} as const satisfies Record<string, Style>
export type Kind = keyof typeof STYLES

/** Writes one entry: time, kind, text; further lines of the text stand below its first. */
export type Print = (kind: Kind, text: string) => void

const WIDEST = Math.max(...Object.keys(STYLES).map(({ length }) => length))

export function printer(stream: NodeJS.WriteStream, now: () => Date = () => new Date()): Print {
  return (kind, text) => {
    const [first = '', ...rest] = printable(text).trimEnd().split('\n')
    const time = styleText('dim', clock(now()), { stream })
    const word = styleText(STYLES[kind], kind.padEnd(WIDEST), { stream })
    stream.write([`${time}  ${word}  ${first}`, ...rest.map((line) => `${' '.repeat(TIME + WIDEST + 4)}${line}`)].map((line) => `${line}\n`).join(''))
  }
}

const TIME = 'hh:mm:ss.mmm'.length

function clock(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
