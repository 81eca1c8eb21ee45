import type { Context, Measure } from '../measure.ts'
import { forgetPeak, peakBytes, residentBytes } from '../memory.ts'
import { answerOf } from '../request.ts'
import { type Server, startOurs, startUpstream } from '../servers.ts'

const MEGABYTE = 1 << 20
const BODY_MB = 150
const AFTER_MS = 10_000
const TIMES = 3

/** What a body of 150 MB costs the process that receives it, as the kernel counts its peak. */
export const largeBody: Measure = {
  name: 'body',
  goals: ['largeBody', 'largeBodyBack'],
  seconds: 120,
  async measure({ children, python }: Context) {
    await using upstream = await startUpstream(children, python)
    await using ours = await startOurs(children, python)
    const body = makeBody()
    const theirs = await growth(upstream, body, 1)
    const our = await growth(ours, body, TIMES)
    return [
      {
        goal: 'largeBody', figure: our.peak - BODY_MB, unit: 'MB', upstream: `+ ${theirs.peak.toFixed(0)} MB`,
        ours: `+ ${our.peak.toFixed(0)} MB, ${(our.ms / 1000).toFixed(2)} s`,
      },
      { goal: 'largeBodyBack', figure: our.after, unit: 'MB', upstream: `+ ${theirs.after.toFixed(0)} MB`, ours: `+ ${our.after.toFixed(0)} MB` },
    ]
  },
}

interface Growth {
  /** MB over what the process had before: the most, and ten seconds after. */
  readonly peak: number
  readonly after: number
  /** How long the last query took. */
  readonly ms: number
}

async function growth(server: Server, body: Buffer, times: number): Promise<Growth> {
  // The module and what the host needs for any body are warm.
  await ask(server, Buffer.from(JSON.stringify({ module: 'bench_takes_body' })))
  const before = residentBytes(server.pid)
  forgetPeak(server.pid)
  let ms = 0
  for (let time = 0; time < times; time += 1) ms = await ask(server, body)
  const peak = (peakBytes(server.pid) - before) / MEGABYTE
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS))
  return { peak, after: (residentBytes(server.pid) - before) / MEGABYTE, ms }
}

async function ask(server: Server, body: Buffer): Promise<number> {
  const answer = await answerOf(server.port, 'POST', '/query', body)
  if (!answer?.text.includes(`${body.length} bytes`)) {
    throw new Error(`${server.name} answered ${answer?.text.slice(0, 300) ?? 'nothing'} to ${body.length} bytes; ${server.log().slice(-1000)}`)
  }
  return answer.ms
}

function makeBody(): Buffer {
  const body = Buffer.alloc(BODY_MB * MEGABYTE, 'x')
  const head = '{"module":"bench_takes_body","data":"'
  body.write(head, 0)
  body.write('"}', body.length - 2)
  return body
}
