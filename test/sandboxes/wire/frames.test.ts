import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { encodeFrame, FrameError, FrameReader, type Frame } from '../../../sandboxes/wire/frames.ts'

const fixtures = JSON.parse(readFileSync(new URL('../../fixtures/protocol/frames.json', import.meta.url), 'utf8')) as {
  valid: { name: string; header: object; payload: string; frame: string }[]
  invalid: { name: string; bytes: string }[]
}
const CAP = 1 << 20

describe('frames', () => {
  it('has valid and invalid examples to agree on', ({ expect }) => {
    expect(fixtures.valid.length).toBeGreaterThan(3)
    expect(fixtures.invalid.length).toBeGreaterThan(3)
  })

  for (const { name, header, payload, frame } of fixtures.valid) {
    it(`encodes ${name} as the runners do`, ({ expect }) => {
      expect(Buffer.concat(encodeFrame(header, [Buffer.from(payload, 'base64')])).toString('base64')).toBe(frame)
    })

    it(`reads ${name}, whole and byte by byte`, ({ expect }) => {
      const bytes = Buffer.from(frame, 'base64')
      const whole = new FrameReader(CAP).push(bytes)
      const reader = new FrameReader(CAP)
      const pieces = [...bytes].flatMap((byte) => reader.push(Buffer.from([byte])))
      for (const frames of [whole, pieces]) expect(frames.map(readable)).toEqual([{ header, payload }])
    })
  }

  for (const { name, bytes } of fixtures.invalid) {
    it(`refuses ${name}`, ({ expect }) => {
      expect(() => new FrameReader(CAP).push(Buffer.from(bytes, 'base64'))).toThrow(FrameError)
    })
  }

  it('cuts a stream of many frames at any place', ({ expect }) => {
    const stream = Buffer.concat(fixtures.valid.map(({ frame }) => Buffer.from(frame, 'base64')))
    for (const size of [1, 2, 3, 5, 7, 64, 1000, stream.length]) {
      const reader = new FrameReader(CAP)
      const frames: Frame[] = []
      for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)))
      expect(frames.map(readable)).toEqual(fixtures.valid.map(({ header, payload }) => ({ header, payload })))
    }
  })

  it('holds what comes a byte at a time in few pieces, between larger ones too', ({ expect }) => {
    const payload = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
    const stream = Buffer.concat(encodeFrame({ type: 'answer' }, [payload]))
    const reader = new FrameReader(CAP)
    const frames: Frame[] = []
    for (let at = 0; at < stream.length;) {
      const size = at % 10_000 === 5000 ? 5000 : 1
      frames.push(...reader.push(stream.subarray(at, at + size)))
      at += size
    }
    expect(frames.map(({ payload: chunks }) => Buffer.concat(chunks).equals(payload))).toEqual([true])
    expect(frames[0]!.payload.length).toBeLessThan(50)
  })

  it('does not copy the chunks of a large payload', ({ expect }) => {
    const chunk = Buffer.alloc(65_536, 'x')
    const parts = encodeFrame({ type: 'query' }, [chunk, chunk])
    expect(parts[1]).toBe(chunk)
    const reader = new FrameReader(CAP)
    const [frame] = parts.flatMap((part) => reader.push(part as Buffer))
    expect(frame?.payload.map((each) => each.buffer === chunk.buffer)).toEqual([true, true])
  })
})

function readable(frame: Frame): object {
  return { header: frame.header, payload: Buffer.concat(frame.payload).toString('base64') }
}
