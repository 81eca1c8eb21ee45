import { connect } from 'node:net'
import { describe, it } from 'vitest'
import { eventually } from '../../../support/processes.ts'
import { rawThrough, requestThrough, startGate } from './through.ts'

const ONE = 'POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'

describe('whoever asks before the last answer is there', () => {
  it('loses the connection: a socket has one request at a time', async ({ expect }) => {
    await using gate = await startGate()
    await using door = await gate.door()
    const said = await rawThrough(door.path, ONE.repeat(100)).catch(() => '')
    expect(said.split('HTTP/1.1').length - 1).toBeLessThanOrEqual(1)
    await eventually(() => expect(gate.audits.length).toBeLessThanOrEqual(1))
  })

  it('asks a second time on a connection that has answered, as before', async ({ expect }) => {
    await using gate = await startGate()
    await using door = await gate.door()
    const socket = connect(door.path)
    let answers = 0
    socket.setEncoding('latin1').on('data', (text: string) => {
      answers += text.split('HTTP/1.1').length - 1
      if (answers < 3) socket.write(ONE)
    })
    socket.write(ONE)
    await eventually(() => expect(answers).toBe(3))
    socket.destroy()
  })
})

describe('a request beyond a cap', () => {
  it('reads why, by whatever it asks, and its connection ends', async ({ expect }) => {
    await using gate = await startGate()
    await using door = await gate.door({}, { caps: { requestsPerMinute: 0 } })
    const words = 'the modules of this tenant may have 0 requests a minute, and no more for now'
    const question = await requestThrough(door.path, '/lookup', { method: 'POST', body: JSON.stringify({ name: 'x'.repeat(300_000) }) })
    expect(JSON.parse(question.text)).toEqual({ err: words, code: 'quota' })
    expect(question.headers.connection).toBe('close')
    const proxied = await requestThrough(door.path, 'http://127.0.0.1/')
    expect([proxied.status, proxied.text, proxied.headers.connection]).toEqual([429, `${words}\n`, 'close'])
    expect(await rawThrough(door.path, 'GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50))).not.toContain(' 200 ')
    await eventually(() => expect(gate.audits[0]).toMatchObject({ verb: 'LOOKUP', verdict: 'quota', why: words }))
    expect(gate.audits).toHaveLength(1)
  })
})
