import { inflateSync } from 'node:zlib'
import type { Agreement } from '../compat/offline_case.ts'

/** What must be equal in two answers that agree: the body with everything masked that may differ. */
export function comparable(body: Uint8Array, agreement: Agreement): string {
  const text = Buffer.from(body).toString('latin1')
  if (agreement === 'same') return Buffer.from(body).toString()
  if (agreement === 'folder') return text.replace(/'\/[^']+\/([^/']+)'/, "'<folder>/$1'")
  if (agreement === 'pdf') return drawnTexts(opened(text)).join('\n')
  const masked = numbered(text, UUIDS, 'uuid')
  return agreement === 'uuids' ? masked : withoutMoments(opened(masked))
}

/** The text that a human would look for in an answer: an exported file decoded, anything else as it came. */
export function opened(text: string): string {
  const file = /^\{(?:"response":\[\],)?"data":"([A-Za-z0-9+/=]+)"/.exec(text)?.[1]
  const rest = file === undefined ? text : text.replace(file, '')
  return file === undefined ? text : `${rest}\n${Buffer.from(file, 'base64').toString('latin1')}`
}

/** The first place where two texts differ, with what stands around it; `undefined` when they are equal. */
export function firstDifference(upstream: string, ours: string): string | undefined {
  if (upstream === ours) return undefined
  let at = 0
  while (upstream[at] === ours[at]) at++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 100))
  return `differs at ${at} (lengths ${upstream.length}, ${ours.length})\nupstream: ${around(upstream)}\nours:     ${around(ours)}`
}

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

/** Equal values get equal numbers in order of appearance, so that a reference to the wrong object still shows. */
function numbered(text: string, pattern: RegExp, word: string): string {
  const seen = new Map<string, string>()
  return text.replace(pattern, (value) => {
    const name = seen.get(value) ?? `<${word} ${seen.size}>`
    seen.set(value, name)
    return name
  })
}

function withoutMoments(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<moment>')
    .replace(/D:\d{14}[^)]*/g, '<moment>')
    .replace(/"timestamp":"?1[78]\d{8}"?/g, '"timestamp":<moment>')
}

/** The texts that a PDF's pages draw, sorted: upstream's layout of one event differs from call to call. */
function drawnTexts(pdf: string): string[] {
  const streams = [...pdf.matchAll(/\/ASCII85Decode \/FlateDecode \].*?stream\n(.*?)~>/gs)].map(([, stream = '']) => stream)
  const drawn = streams.map((stream) => inflateSync(fromAscii85(stream)).toString('latin1'))
  return drawn.flatMap((page) => [...page.matchAll(/\((.*?)\) Tj/g)].map(([, text = '']) => text)).sort()
}

function fromAscii85(text: string): Buffer {
  const groups = text.replace(/\s/g, '').replaceAll('z', '!!!!!').match(/.{1,5}/gs) ?? []
  return Buffer.concat(groups.map((group) => {
    const number = Buffer.from(group.padEnd(5, 'u')).reduce((sum, digit) => sum * 85 + digit - 33, 0)
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return bytes.subarray(0, group.length - 1)
  }))
}
