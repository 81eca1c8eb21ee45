import { isObject } from '../../check/finding.ts'
import type { Entry } from '../../check/attributes.ts'
import { isCredential } from '../works_without.ts'

/** Longer ones are told by their size: to read them would hold up everybody else. */
const LONGEST_BODY = 1 << 20
/** Characters of one text, and of the whole. */
const LONGEST_TEXT = 200
const LONGEST = 2000

export interface BodyOptions {
  /** What the module says of itself; undefined: it is not known. */
  readonly entry: Entry | undefined
  /** Show values of settings as well. */
  readonly secrets: boolean
}

/** A request for the log: settings without their values, long texts cut. What cannot be parsed is not shown: it cannot be redacted. */
export function shownRequest(chunks: readonly Uint8Array[], options: BodyOptions): string {
  return shown(chunks, (body) => (options.secrets ? body : redacted(body, options.entry)))
}

/** An answer for the log, with long texts cut. */
export function shownAnswer(chunks: readonly Uint8Array[]): string {
  return shown(chunks, (answer) => answer)
}

function shown(chunks: readonly Uint8Array[], change: (value: unknown) => unknown): string {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
  if (bytes > LONGEST_BODY) return `${bytes} bytes`
  try {
    const text = JSON.stringify(change(JSON.parse(Buffer.concat(chunks).toString())), (_key, value: unknown) => cut(value, LONGEST_TEXT))
    return String(cut(text, LONGEST))
  } catch {
    return `${bytes} bytes that are not JSON`
  }
}

function cut(value: unknown, longest: number): unknown {
  if (typeof value !== 'string' || value.length <= longest) return value
  return `${value.slice(0, longest)}... (${value.length} characters)`
}

const REDACTED = '[redacted]'

/** What an administrator of MISP has filled in is secret; what somebody who imports is asked is not. */
function redacted(body: unknown, entry: Entry | undefined): unknown {
  if (!isObject(body)) return body
  const { mispattributes: attributes } = entry ?? {}
  const asked = isObject(attributes) && isObject(attributes['userConfig']) ? Object.keys(attributes['userConfig']) : []
  return {
    ...body,
    ...('config' in body && { config: without(body['config'], (name) => !asked.includes(name)) }),
    ...('params' in body && { params: without(body['params'], isCredential) }),
    ...('user' in body && { user: REDACTED }),
  }
}

function without(settings: unknown, secret: (name: string) => boolean): unknown {
  if (!isObject(settings)) return settings === null ? null : REDACTED
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, secret(name) && value !== null && value !== '' ? REDACTED : value]))
}
