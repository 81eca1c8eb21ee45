import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { it } from 'vitest'
import { nodeLibraries } from '../../../sandboxes/node_reads.ts'
import { eventually } from '../../support/processes.ts'
import { strictProfile } from '../../support/profiles.ts'

it('a cell that is killed at any moment of its start leaves nothing', async ({ expect }) => {
  const launch = (await strictProfile()).launch('')
  const groups: number[] = []
  for (let ms = 0; ms < 40; ms += 1) {
    const child = launch({
      name: 'killed', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], env: {}, preload: undefined, reads: [process.execPath, ...nodeLibraries()],
    }, undefined)
    groups.push(child.pid ?? 0)
    const ended = once(child, 'exit')
    await setTimeout(ms / 2)
    child.kill('SIGKILL')
    await ended
  }
  await eventually(() => expect(groups.flatMap(membersOf)).toEqual([]))
})

/** Processes of a group that have not ended. */
function membersOf(group: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [state, , pgrp] = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
      return Number(pgrp) === group && state !== 'Z'
    } catch {
      return false
    }
  })
}
