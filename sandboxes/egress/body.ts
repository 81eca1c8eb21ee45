import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, constants, gunzip, inflate, inflateRaw } from 'node:zlib'
import { EgressError } from './egress_error.ts'

const MOST_CODINGS = 3

/** The body of a response, decompressed. Throws EgressError `too_large` as soon as either form is longer than `limit` bytes. `arrived`: see EgressTools. */
export async function readBody(response: IncomingMessage, method: string, limit: number, arrived: (bytes: number) => void = () => {}): Promise<Buffer> {
  // The answer to HEAD has the length that the body would have.
  if (method !== 'HEAD' && Number(response.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw tooLarge(limit)
    arrived(chunk.length)
    chunks.push(chunk)
  }
  let body: Buffer = Buffer.concat(chunks)
  for (const coding of codingsOf(response)) {
    body = await decompressed(body, coding, limit)
    arrived(body.length)
  }
  return body
}

/** In the order in which they have to be undone. With one among them that nobody knows, the body stays as it came. */
function codingsOf(response: IncomingMessage): readonly Coding[] {
  const named = (response.headers['content-encoding'] ?? '').toLowerCase().split(',').map((each) => each.trim()).filter(Boolean)
  if (named.length > MOST_CODINGS) throw new EgressError('unreachable', `the response is compressed ${named.length} times`)
  return named.every(isCoding) ? named.toReversed() : []
}

const DECODERS = {
  'gzip': promisify(gunzip),
  'x-gzip': promisify(gunzip),
  'deflate': promisify(inflate),
  'br': promisify(brotliDecompress),
} as const
type Coding = keyof typeof DECODERS

function isCoding(name: string): name is Coding {
  return Object.hasOwn(DECODERS, name)
}

async function decompressed(body: Buffer, coding: Coding, maxOutputLength: number): Promise<Buffer> {
  if (body.length === 0) return body
  // Servers that cut the last bytes off are common, and browsers take what there is.
  const finishFlush = coding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH
  // Some servers leave out the head that `deflate` promises.
  const headless = coding === 'deflate' && ((body[0] ?? 0) & 0x0f) !== 8
  try {
    return await (headless ? promisify(inflateRaw) : DECODERS[coding])(body, { maxOutputLength, finishFlush })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxOutputLength)
    throw new EgressError('unreachable', `the response is not the ${coding} that it says it is`, { cause: error })
  }
}

function tooLarge(limit: number): EgressError {
  return new EgressError('too_large', `the response is longer than ${limit} bytes (egress.responseMb)`)
}
