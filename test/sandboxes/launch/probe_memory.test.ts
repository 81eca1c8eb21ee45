import { spawn } from 'node:child_process'
import { it } from 'vitest'
import type { Launch } from '../../../sandboxes/launch/launch.ts'
import { probeMemory } from '../../../sandboxes/launch/probe/memory.ts'
import { nodeLibraries } from '../../../sandboxes/node_reads.ts'
import { strictProfile } from '../../support/profiles.ts'

const node = { command: process.execPath, reads: [process.execPath, ...nodeLibraries()] }
/** One whose cells outlive their end. */
const LEAVES_RUNNING: Launch = ({ command, args }) => spawn('/bin/sh', ['-c', '"$@" & wait', 'sh', command, ...args], { stdio: 'pipe', env: {} })
/** One whose cells do not start. */
const STARTS_NOTHING: Launch = () => spawn('/bin/false', { stdio: 'pipe' })

it('the probe of memory holds where a cell is ended at its limit', async ({ expect }) => {
  const { launch } = await strictProfile()
  expect(await probeMemory({ launch: launch(''), node })).toMatchObject({ holds: true, found: expect.stringMatching(/^it got \d+ MB with a limit of 128 MB$/) })
})

it('and does not where it goes on, or is not there', async ({ expect }) => {
  expect(await probeMemory({ launch: LEAVES_RUNNING, node })).toMatchObject({ holds: false, found: 'it got 1024 MB with a limit of 128 MB' })
  expect(await probeMemory({ launch: STARTS_NOTHING, node })).toMatchObject({ holds: false })
})
