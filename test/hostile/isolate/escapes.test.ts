import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it, type ExpectStatic } from 'vitest'
import { encodeFrame } from '../../../sandboxes/wire/frames.ts'
import { type Answer, Border } from '../../support/border.ts'
import { EscapedIsolates } from '../../support/escaped_isolates.ts'
import { alive, eventually } from '../../support/processes.ts'

const CAST = fileURLToPath(new URL('../../fixtures/cast/isolate', import.meta.url))
/** A liveness bound: at most a second is to be waited for. */
const SOON_MS = 15_000

let escaped: EscapedIsolates
let border: Border
let neighbour: number
beforeAll(async () => {
  escaped = await EscapedIsolates.make()
  border = new Border({ runtime: escaped.runtime, root: CAST, ending: '.ts', limits: { runners: 1 } })
  await border.ask('counter')
  neighbour = border.pool.pids[0] as number
})
afterAll(async () => {
  await border?.[Symbol.asyncDispose]()
  escaped?.[Symbol.dispose]()
})

const frame = (header: object, payload = ''): Buffer => Buffer.concat(encodeFrame(header, [Buffer.from(payload)]))
const GUESSED = '00000000-0000-4000-8000-000000000000'

describe('what has left its isolate and writes to the channel of its runner speaks for nobody else (S10)', () => {
  it.for([
    ['an answer with an id that it made up', frame({ type: 'result', id: GUESSED, outcome: 'success' }, '{"results":"forged"}'), 'PROTOCOL_VIOLATION'],
    ['a second greeting', frame({ type: 'ready', protocol: 1, pid: 1 }), 'PROTOCOL_VIOLATION'],
    ['a message of a type that there is not', frame({ type: 'forked', id: GUESSED }), 'PROTOCOL_VIOLATION'],
    ['a log line of a query that there is not', frame({ type: 'log', id: GUESSED, text: 'forged' }), 'PROTOCOL_VIOLATION'],
    ['a frame of four gigabytes', Buffer.from('ffffffff7b', 'hex'), 'OUTPUT_TOO_LARGE'],
    ['the beginning of a frame', Buffer.from('000000ff7b22', 'hex'), 'MODULE_TIMED_OUT'],
  ] as const)('%s', async ([, bytes, outcome], { expect }) => {
    const { pid, asked } = await asking(outcome === 'MODULE_TIMED_OUT' ? 1500 : 20_000)
    escaped.run(pid, `fs.writeSync(1, Buffer.from('${bytes.toString('base64')}', 'base64'))`)
    expect((await border.ask('counter')).code).toBe('success')
    expect((await asked).code).toBe(outcome)
    await expectReplaced(pid, expect)
  })
})

describe('what has left its isolate and ends its process is the only one to notice (S6)', () => {
  it.for([
    // By way of another program: `exit` may wait for isolates without end, see below.
    ['exits with status 0', "process.execve('/bin/true', ['true'], {})", /exit status 0/],
    ['kills itself', "process.kill(process.pid, 'SIGKILL')", /SIGKILL/],
    ['closes its descriptors 0 to 2', 'for (const fd of [0, 1, 2]) fs.closeSync(fd)', /before it had answered/],
  ] as const)('%s', async ([, code, says], { expect }) => {
    const { pid, asked } = await asking(20_000)
    escaped.run(pid, code)
    const { code: outcome, message, ms } = await asked
    expect({ outcome, message }).toEqual({ outcome: 'MODULE_CRASHED', message: expect.stringMatching(says) })
    expect(ms).toBeLessThan(SOON_MS)
    await expectReplaced(pid, expect)
  })

  it('calls exit, which ends its process or waits until its deadline for a thread of isolated-vm', async ({ expect }) => {
    const { pid, asked } = await asking(1500)
    escaped.run(pid, 'process.reallyExit(0)')
    const { code: outcome, ms } = await asked
    expect(['MODULE_CRASHED', 'MODULE_TIMED_OUT']).toContain(outcome)
    expect(ms).toBeLessThan(SOON_MS)
    await expectReplaced(pid, expect)
  })
})

describe('what has left its isolate and reads no more is ended at the deadline of a query of 4 MB (S8)', () => {
  it.for([
    ['because its process is stopped', "process.kill(process.pid, 'SIGSTOP')"],
    ['because its process loops', 'for (;;);'],
  ] as const)('%s', async ([, code], { expect }) => {
    const pid = await victim()
    escaped.run(pid, code)
    await eventually(() => expect(escaped.isTaken(pid)).toBe(true))
    const { code: outcome, ms } = await border.ask('sleeps', { seconds: 0, padding: 'x'.repeat(4 << 20) }, 1000)
    expect(outcome).toBe('MODULE_TIMED_OUT')
    expect(ms).toBeLessThan(SOON_MS)
    await expectReplaced(pid, expect)
  })
})

/** A query that takes long, and the process that has it. */
async function asking(ms: number): Promise<{ pid: number; asked: Promise<Answer> }> {
  const pid = await victim()
  const asked = border.ask('sleeps', { seconds: 20 }, ms)
  // Until its runner is done with the query before, it waits.
  await eventually(() => {
    const { running, waiting } = border.admission.status()
    if (running !== 1 || waiting !== 0) throw new Error(`expected the query to run, found ${running} running and ${waiting} waiting`)
  })
  return { pid, asked }
}

/** The process that has become the module that gets out. */
async function victim(): Promise<number> {
  await border.ask('sleeps', { seconds: 0 })
  const others = (): number[] => border.pool.pids.filter((pid) => pid !== neighbour)
  // One that has ended may be known for a moment yet.
  await eventually(() => { if (others().length !== 1) throw new Error(`expected one runner besides the neighbour, found ${others().length}`) })
  return others()[0] as number
}

/** The module answers again, in another process; the one beside it never noticed. */
async function expectReplaced(pid: number, expect: ExpectStatic): Promise<void> {
  expect(await border.ask('sleeps', { seconds: 0 })).toMatchObject({ code: 'success', body: '{"results":"slept"}' })
  expect((await border.ask('counter')).code).toBe('success')
  expect(border.pool.pids).toContain(neighbour)
  await eventually(() => expect(alive(pid)).toBe(false))
}
