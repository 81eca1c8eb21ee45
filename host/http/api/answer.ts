import { dirname } from 'node:path'
import type { ServerResponse } from 'node:http'
import type { Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'
import type { Times, Watch } from '../../dispatch/watched.ts'
import { BodyScan } from '../compat/scan.ts'
import { send } from '../send.ts'
import type { ApiPieces } from './pieces.ts'
import { jsonHeaders, sendProblem, type Problem } from './problem_document.ts'
import { withoutPaths } from './without_paths.ts'

/** A request whose answer is ours to write. */
export interface Exchange {
  readonly res: ServerResponse
  readonly id: string
  /** Name of the module, as the caller gave it. */
  readonly module: string
}

/**
 * Sends the envelope with the module's answer in it, byte for byte: it is never decoded. Rejects with BAD_RESULT where it is no
 * JSON, because it could then pretend to be other members of the envelope.
 */
export async function sendAnswer({ res, id, module }: Exchange, { outcome, body, bodyBytes }: Result, watch: Watch): Promise<void> {
  await checkJson(body)
  const head = Buffer.from('{"result":')
  const tail = Buffer.from(`,${JSON.stringify({ outcome, module, requestId: id, ...observed(watch) }).slice(1)}`)
  send(res, id, 200, jsonHeaders('application/json'), [head, ...body, tail], head.length + bodyBytes + tail.length)
}

export function sendFailure({ res, id, module }: Exchange, failure: QueryFailure, watch: Watch, pieces: ApiPieces): void {
  const { code, trace } = failure
  const roots = rootsOf(module, pieces)
  const shown = trace === undefined ? {} : { trace: withoutPaths(trace, roots) }
  const more = { module, ...shown, ...observed(watch), ...meant(failure, module, pieces) }
  sendProblem(res, id, { code, detail: detailOf(failure, roots), more } satisfies Problem)
}

/** Failures of the host tell of the host: their reason is in the log. */
function detailOf({ blame, message }: QueryFailure, roots: readonly string[]): string {
  return blame === 'host' ? 'the host failed, not the module; the reason is in its log under this requestId' : withoutPaths(message, roots)
}

function meant({ code }: QueryFailure, module: string, { nearest, catalogue }: ApiPieces): object {
  return code === 'UNKNOWN_MODULE' ? { nearest: nearest(module, [...catalogue().loaded.keys()]) } : {}
}

function rootsOf(module: string, { catalogue }: ApiPieces): string[] {
  const { loaded, notLoaded } = catalogue()
  const source = loaded.get(module)?.source ?? notLoaded.find(({ source: { name } }) => name === module)?.source
  return source === undefined ? [] : [source.root, dirname(source.root)].filter((root) => root !== '/')
}

function observed({ times, log }: Watch): { timings: object; log: readonly string[] } {
  return { timings: toTimings(times), log }
}

function toTimings(times: Times | undefined): object {
  const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms * 1000) / 1000)
  return { queueMs: rounded(times?.queueMs ?? 0), startMs: rounded(times?.startMs ?? 0), runMs: rounded(times?.runMs) }
}

/** Bytes that are looked at before others have their turn. */
const AT_ONCE = 1 << 20

async function checkJson(body: readonly Uint8Array[]): Promise<void> {
  const scan = new BodyScan()
  let bytes = 0
  for (const chunk of body) {
    for (let at = 0; at < chunk.length; at += AT_ONCE) {
      const part = chunk.subarray(at, at + AT_ONCE)
      scan.push(part)
      bytes += part.length
      if (bytes < AT_ONCE) continue
      bytes = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const scanned = scan.end()
  if (!scanned.valid) throw new QueryFailure('BAD_RESULT', `expected JSON as the answer of the module, found ${scanned.reason} at byte ${scanned.offset}`)
}
