import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, it } from 'vitest'
import { cacheOf } from '../../../sandboxes/isolate/guest_cache.ts'
import type { IsolateFolder } from '../../../sandboxes/isolate/isolate_folder.ts'
import { prepareIsolates } from '../../../sandboxes/isolate/prepare.ts'
import { isolateRuntime } from '../../../sandboxes/isolate/runtime.ts'
import { Border, LIMITS } from '../../support/border.ts'
import { ISOLATE_SETTINGS } from '../../support/isolates.ts'
import { testCache } from '../../support/test_cache.ts'

const CAST = fileURLToPath(new URL('../../fixtures/cast/isolate', import.meta.url))
const TRIES = fileURLToPath(new URL('./tries_cache.ts', import.meta.url))
const state = join(testCache(), 'isolates')
mkdirSync(state, { recursive: true, mode: 0o755 })
const prepared = await prepareIsolates({ state, account: undefined }) as IsolateFolder
const copies = mkdtempSync(join(tmpdir(), 'cache-'))
afterAll(() => rmSync(copies, { recursive: true, force: true }))

describe('what V8 has made of the guest when its folder was made', () => {
  it('is used by runners, and taken for nothing where it does not fit', ({ expect }) => {
    expect(tried(readFileSync(cacheOf(prepared.guest)))).toBe('used')
    expect(tried(ofAnotherVersion())).toBe('refused')
    expect(tried(readFileSync(cacheOf(prepared.guest)).subarray(0, 1000))).toBe('refused')
    expect(tried(Buffer.from('no code'))).toBe('refused')
  })

  it('that does not fit is made again, and modules run as before', async ({ expect }) => {
    const folder = copyWith(ofAnotherVersion())
    const runtime = isolateRuntime({ folder, limits: LIMITS, settings: { ...ISOLATE_SETTINGS, fresh: true } })
    await using border = new Border({ root: CAST, runtime, ending: '.ts' })
    for (const text of ['a', 'b', 'c']) expect((await border.ask('echo', { text })).body).toBe(JSON.stringify({ results: JSON.stringify({ module: 'echo', text }) }))
  })
})

/** What V8 of a process like a runner says to it. */
function tried(cache: Uint8Array): string {
  const file = join(copies, 'tried')
  writeFileSync(file, cache)
  return execFileSync(process.execPath, ['--no-node-snapshot', TRIES, prepared.guest, file], { encoding: 'utf8' })
}

/** One that another version of V8 has made: the second word says which. */
function ofAnotherVersion(): Buffer {
  const cache = Buffer.from(readFileSync(cacheOf(prepared.guest)))
  cache.writeInt32LE(cache.readInt32LE(4) ^ 1, 4)
  return cache
}

function copyWith(cache: Uint8Array): IsolateFolder {
  const path = join(copies, 'folder')
  cpSync(prepared.path, path, { recursive: true, verbatimSymlinks: true })
  const moved = (file: string): string => join(path, file.slice(prepared.path.length))
  writeFileSync(cacheOf(moved(prepared.guest)), cache)
  return { ...prepared, path, runner: moved(prepared.runner), guest: moved(prepared.guest), compile: moved(prepared.compile), sdk: moved(prepared.sdk) }
}
