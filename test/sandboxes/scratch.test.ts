import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { Scratch } from '../../sandboxes/scratch.ts'
import { temporaryFolder } from './python/wheels.ts'

describe('scratch folders', () => {
  it('are gone when they are closed, also those that are being removed meanwhile', async ({ expect }) => {
    using folder = temporaryFolder()
    const left: string[] = []
    for (let round = 0; round < 50; round += 1) {
      const scratch = new Scratch(join(folder.path, `s${round}`), undefined)
      const made = Array.from({ length: 30 }, () => scratch.make())
      for (const path of made) writeFileSync(join(path, 'file'), '')
      for (const path of made) scratch.remove(path)
      await setTimeout(round % 6)
      await scratch.close()
      if (existsSync(scratch.folder)) left.push(scratch.folder)
    }
    expect(left).toEqual([])
  })
})
