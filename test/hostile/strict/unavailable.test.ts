import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { findBubblewrap } from '../../../sandboxes/launch/bubblewrap.ts'
import { findGroupFolders } from '../../../sandboxes/launch/groups/find.ts'
import { ANSWERS } from '../../support/hostile_server.ts'
import { placeOldIsolatedVm } from '../../support/old_isolated_vm.ts'
import { eventually } from '../../support/processes.ts'
import { testPython } from '../../support/python.ts'
import { startStrict, STRICT_STATE } from '../../support/strict_server.ts'

const MAIN = fileURLToPath(new URL('../../../host/main.js', import.meta.url))
const REAL = (await findBubblewrap(process.env['PATH'] ?? '')).path
/** Reads the arguments that bubblewrap would read, and gives bubblewrap others. */
const LEAVES_OUT = (text: string): string => `exec 5<&3; tr '\\0' '\\n' <&5 | grep -vxF -e '${text}' | tr '\\n' '\\0' >"$TMP"; exec 3<"$TMP"; rm "$TMP"; exec /usr/bin/env -i ${REAL} "$@"`

/** Of the program that bubblewrap starts. */
const WITHOUT_WORD = (word: string): string => `for each; do shift; [ "$each" = ${word} ] || set -- "$@" "$each"; done; exec /usr/bin/env -i ${REAL} "$@"`

describe('the profile strict is refused, with status 3 and what mends it, where', () => {
  const cases: readonly (readonly [what: string, script: string | undefined, said: RegExp])[] = [
    ['there is no bubblewrap', undefined, /bwrap\) is not on PATH.*apt-get install -y bubblewrap/],
    ['bubblewrap is too old', 'echo bubblewrap 0.7.0', /bubblewrap 0\.7\.0, and 0\.8 or newer is needed/],
    ['there are no user namespaces', sandboxing('echo "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces" >&2; exit 1'),
      /a cell does not start .*No permissions to create new namespace.*kernel\.unprivileged_userns_clone/],
    ['there are as many as there may be', sandboxing('echo "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)" >&2; exit 1'), /user\.max_user_namespaces=/],
    ['bubblewrap does nothing but start the program', sandboxing('while [ "$1" != -- ]; do shift; done; shift; exec "$@"'), /"system calls are filtered" does not hold \(Seccomp 0\)/],
    ['the network is left', sandboxing(LEAVES_OUT('--unshare-net')), /"a cell has no network" does not hold/],
    ['Node keeps its snapshot, which isolates do not go together with (A4)', sandboxing(WITHOUT_WORD('--no-node-snapshot')),
      /"isolates keep modules inside of them" does not hold \(.*no --no-node-snapshot/],
    ['the processes of the machine are left', sandboxing(LEAVES_OUT('--unshare-pid')), /does not hold|does not start/],
  ]

  for (const [what, script, said] of cases) {
    it(what, async ({ expect }) => {
      const { status, errors } = await served(['--profile', 'strict'], script)
      expect({ status, errors }).toMatchObject({ status: 3, errors: expect.stringMatching(said) })
      expect(errors).toContain('nothing was started')
    })
  }

  it('isolated-vm has the hole that lets modules out of their isolate (A3)', async ({ expect }) => {
    const state = mkdtempSync(join(tmpdir(), 'old-isolated-vm-'))
    chmodSync(state, 0o755)
    const real = `exec /usr/bin/env -i ${REAL} "$@"`
    expect(await served(['--profile', 'strict'], real, state)).toMatchObject({ status: 0 })
    const [folder = ''] = readdirSync(state).filter((name) => name.startsWith('isolate-'))
    placeOldIsolatedVm(join(state, folder))
    const { status, errors } = await served(['--profile', 'strict'], real, state)
    expect({ status, errors }).toMatchObject({ status: 3, errors: expect.stringMatching(/"isolates keep modules inside of them" does not hold .*GHSA-864f-rcv7-6rh4/) })
    rmSync(state, { recursive: true })
  })

  it('modules would run as root', async ({ expect }) => {
    const { status, errors } = await served(['--profile', 'strict', '--user', 'root', '--uids', '0'], `exec /usr/bin/env -i ${REAL} "$@"`)
    // Of a host that is not root they are never run as anybody else.
    if (process.getuid?.() !== 0) expect({ status, errors }).toMatchObject({ status: 0 })
    else expect({ status, errors }).toMatchObject({ status: 3, errors: expect.stringMatching(/modules would run as root.*--user nobody/) })
  })
})

it('where it no longer holds, no module is run until it does', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'bwrap-'))
  chmodSync(folder, 0o755)
  const broken = join(folder, 'broken')
  writeScript(folder, `[ -e ${broken} ] && [ "$1" = --args ] && { echo "bwrap: broken on purpose" >&2; exit 1; }\nexec /usr/bin/env -i ${REAL} "$@"`)
  await using host = await startStrict([], { env: { PATH: `${folder}${delimiter}${process.env['PATH']}` } })
  expect(await host.neighbour()).toContain('echo')
  writeFileSync(broken, '')
  process.kill(host.pid, 'SIGHUP')
  await eventually(async () => {
    const answer = await host.ask('echo')
    expect(answer.body).toBe(ANSWERS.unavailable)
    expect(await host.told(answer)).toMatchObject({ outcome: 'SANDBOX_UNAVAILABLE', failure: expect.stringContaining('broken on purpose') })
  }, 20_000)
  rmSync(broken)
  process.kill(host.pid, 'SIGHUP')
  await eventually(async () => expect(await host.neighbour()).toContain('echo'), 20_000)
  rmSync(folder, { recursive: true })
})

it('the status says what holds, and what is not used', async ({ expect }) => {
  await using host = await startStrict([])
  const { profile, layers } = (await (await fetch(host.url('/api/v1/status'))).json()) as { profile: string; layers: readonly { name: string; active: boolean; detail: string }[] }
  expect(profile).toBe('strict')
  const active = Object.fromEntries(layers.map(({ name, active: is }) => [name, is]))
  expect(active).toMatchObject({ namespaces: true, seccomp: true, fresh: true, egress: true, probe: true, cgroup: !('unavailable' in findGroupFolders()) })
  expect(layers.find(({ name }) => name === 'probe')?.detail).toMatch(/^all \d\d promises of the profile hold, tried at \d{4}-/)
})

/** A script that says what bubblewrap says of itself, and does something else for everything else. */
function sandboxing(script: string): string {
  return `[ "$1" = --version ] && exec ${REAL} --version\nTMP=/tmp/arguments-$$\n${script}`
}

/** A host that finds this script as bubblewrap. Its exit status, and what it said. */
async function served(args: readonly string[], script: string | undefined, state = STRICT_STATE): Promise<{ status: number | null; errors: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bwrap-'))
  chmodSync(folder, 0o755)
  if (script !== undefined) writeScript(folder, script)
  // Nothing is to be described before the end.
  const config = join(folder, 'config.json')
  writeFileSync(config, '{"modules":{"*":{"enabled":false}}}')
  const child = spawn(process.execPath, [MAIN, 'serve', '-t', '-p', '0', '--python', testPython(), '--state', state, '--modules', '', '--config', config, ...args], {
    env: { ...process.env, PATH: folder }, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const [status] = await once(child, 'close') as [number | null]
  rmSync(folder, { recursive: true })
  return { status, errors }
}

function writeScript(folder: string, script: string): void {
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`)
  chmodSync(join(folder, 'bwrap'), 0o755)
}
