import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { it } from 'vitest'
import { prepareShim } from '../../../sandboxes/command/prepare.ts'
import { startOf } from '../../../sandboxes/process/process_start.ts'

const DAY_MS = 86_400_000

it('what stands before programs is made once for a version, and that of other versions goes, unless a host uses it or has used it of late', async ({ expect }) => {
  const state = mkdtempSync(join(tmpdir(), 'shim-'))
  const old = (version: string, marks: readonly string[], days: number): void => {
    const users = join(state, `command-${version}`, 'users')
    mkdirSync(users, { recursive: true })
    for (const mark of marks) writeFileSync(join(users, mark), '')
    const then = new Date(Date.now() - days * DAY_MS)
    utimesSync(users, then, then)
  }
  try {
    old('aaaaaaaaaaaaaaaa', ['1-0'], 30)
    old('bbbbbbbbbbbbbbbb', [`${process.pid}-${startOf(process.pid)}`], 30)
    old('cccccccccccccccc', ['1-0'], 1)
    // Made by a host that was killed meanwhile.
    old('dddddddddddddddd.999999999', [], 0)
    const { shim } = await prepareShim(state, undefined)
    expect(readdirSync(state).toSorted()).toEqual(['command-bbbbbbbbbbbbbbbb', 'command-cccccccccccccccc', basename(dirname(shim))].toSorted())
    expect((await prepareShim(state, undefined)).shim).toBe(shim)
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
})
