import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { FromRunner } from '../../../sandboxes/wire/messages.ts'

const fixtures = JSON.parse(readFileSync(new URL('../../fixtures/protocol/messages.json', import.meta.url), 'utf8')) as {
  valid: object[]
  invalid: unknown[]
}

describe('messages of a runner', () => {
  it('has valid and invalid examples', ({ expect }) => {
    expect(fixtures.valid.length).toBeGreaterThan(4)
    expect(fixtures.invalid.length).toBeGreaterThan(4)
  })

  for (const message of fixtures.valid) {
    it(`takes ${JSON.stringify(message)}`, ({ expect }) => {
      expect(FromRunner.parse(message)).toEqual(message)
    })
  }

  for (const message of fixtures.invalid) {
    it(`refuses ${JSON.stringify(message)}`, ({ expect }) => {
      expect(FromRunner.safeParse(message).success).toBe(false)
    })
  }
})
