import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, constants, mkdtempSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Status } from '../../support/hostile_server.ts'
import { eventually } from '../../support/processes.ts'
import { ReloadServer } from '../../support/reload_server.ts'
import { pythonModule } from '../../support/tenants.ts'

/** A module that has the runner around it say that it has read these files. */
function says(files: readonly { path: string; sha256: string }[]): string {
  return pythonModule('1', `
D = sys.modules.get("runner.describe")
if D:
    own = D.own_files
    D.own_files = lambda *a: own(*a) + ${JSON.stringify(files)}
`)
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('a host that modules tell what to read, in the profile strict', () => {
  let outside = ''
  let host: ReloadServer
  beforeAll(async () => {
    outside = mkdtempSync(join(tmpdir(), 'outside-'))
    execFileSync('mkfifo', [join(outside, 'pipe')])
    writeFileSync(join(outside, 'secret'), 'pin=4711\n', { mode: 0o600 })
    host = await ReloadServer.start({ args: ['--profile', 'strict'], files: { 'expansion/r_good.py': pythonModule('"good"') } })
  }, 120_000)
  afterAll(async () => {
    // Whoever waits there waits no longer.
    release(join(outside, 'pipe'))
    if (host !== undefined) release(host.path('_pipe.py'))
    await host?.[Symbol.asyncDispose]()
    rmSync(outside, { recursive: true, force: true })
  })
  const reasons = async (): Promise<Record<string, string>> => {
    const response = await fetch(host.url('/api/v1/status'), { signal: AbortSignal.timeout(5000) })
    const { modules } = await response.json() as Status
    return Object.fromEntries(modules.notLoaded.filter(({ name }) => name.startsWith('r_')).map(({ name, reason }) => [name, reason]))
  }

  it('reads nothing outside of the root of who tells it, and does not say what is there', async ({ expect }) => {
    for (const [name, path, sha256] of [
      ['r_right', join(outside, 'secret'), digest('pin=4711\n')],
      ['r_wrong', join(outside, 'secret'), digest('pin=4712\n')],
      ['r_none', join(outside, 'none'), digest('')],
      ['r_waits', join(outside, 'pipe'), digest('')],
      ['r_zero', '/dev/zero', digest('')],
    ] as const) host.save(name, says([{ path, sha256 }]))
    const refused = 'the module says that it has read a file outside of its root'
    await eventually(async () => {
      expect(await reasons()).toEqual({ r_right: refused, r_wrong: refused, r_none: refused, r_waits: refused, r_zero: refused })
    }, 30_000)
  })

  it('reads nothing that a link leads out of the root for, nothing that it would wait for, and nothing without end', async ({ expect }) => {
    for (const [name, sha256] of [['r_right', digest('pin=4711\n')], ['r_wrong', digest('pin=4712\n')]] as const) {
      host.save(name, says([{ path: host.path('_link.py'), sha256 }]))
    }
    host.save('r_none', says([{ path: host.path('_pipe.py'), sha256: digest('') }]))
    host.save('r_waits', says([{ path: host.path('_large.py'), sha256: digest('') }]))
    host.remove('r_zero')
    symlinkSync(join(outside, 'secret'), host.path('_link.py'))
    execFileSync('mkfifo', [host.path('_pipe.py')])
    writeFileSync(host.path('_large.py'), '')
    truncateSync(host.path('_large.py'), 2 ** 31 - 2)
    const leads = `${host.path('_link.py')} cannot be read: it is a link that leads out of the module's root`
    await eventually(async () => {
      expect(await reasons()).toEqual({
        r_right: leads, r_wrong: leads,
        r_none: `${host.path('_pipe.py')} cannot be read: it is no regular file`,
        r_waits: `${host.path('_large.py')} cannot be read: the module's files have more than 16 MB`,
      })
    }, 30_000)
  })

  it('keeps no more than 64 KB of what a module says of itself', async ({ expect }) => {
    host.save('r_long', pythonModule('1').replace("'description': 'D'", "'description': 'D' * 70_000"))
    await eventually(async () => expect((await reasons())['r_long']).toMatch(/^introspection and version have 70\d\d\d characters as JSON, at most 65536 may be$/), 30_000)
  })

  it('goes on for all others', async ({ expect }) => {
    writeFileSync(host.path('r_large'), '')
    truncateSync(host.path('r_large'), 2 ** 31 - 2)
    await eventually(async () => expect(Object.keys(await reasons())).toContain('r_large'), 60_000)
    const answer = await fetch(host.url('/query'), { method: 'POST', body: '{"module":"r_good"}', signal: AbortSignal.timeout(20_000) })
    expect(await answer.json()).toEqual({ results: 'good' })
  })
})

function release(pipe: string): void {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK))
  } catch {
    // Nobody waits there.
  }
}
