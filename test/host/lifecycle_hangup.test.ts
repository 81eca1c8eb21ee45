import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { it } from 'vitest'
import { HostileServer } from '../support/hostile_server.ts'
import { newState, startedOn } from '../support/our_server.ts'
import { alive, eventually } from '../support/processes.ts'
import { testPython } from '../support/python.ts'

const MAIN = fileURLToPath(new URL('../../host/main.js', import.meta.url))

/** Runs what follows with a new terminal as its stdin, until our own stdin is at its end: then that terminal goes away. */
const IN_TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execv(sys.argv[2], sys.argv[2:])
print(pid, flush=True)
sys.stdin.read()
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`

it('a terminal that goes away ends the host as SIGTERM does', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'terminal-'))
  const state = await newState()
  const log = join(folder, 'log')
  const config = join(folder, 'config.json')
  writeFileSync(config, '{"modules":{"*":{"enabled":false}}}')
  const serve = [process.execPath, MAIN, 'serve', '-p', '0', '-l', '127.0.0.1', '--python', testPython(), '--state', state, '--log-format', 'json', '--modules', '', '--config', config]
  const around = spawn('python3', ['-c', IN_TERMINAL, log, ...serve], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  around.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  // All that it has said has come as well.
  const left = once(around, 'close')
  try {
    await eventually(() => expect(startedOn(readFileSync(log, 'utf8'))).toBeGreaterThan(0), 90_000)
    around.stdin.end()
    await left
    const [pid, status] = said.trim().split('\n').map(Number)
    expect(status).toBe(0)
    const lines = readFileSync(log, 'utf8')
    expect(lines).toContain('"signal":"SIGHUP"')
    expect(lines).toContain('"msg":"ended"')
    expect(lines).not.toContain('looking for modules again')
    expect(alive(pid as number)).toBe(false)
  } finally {
    around.kill('SIGKILL')
    for (const path of [folder, state]) rmSync(path, { recursive: true, force: true })
  }
}, 120_000)

it('without a terminal the same signal makes it look again, and it serves on', async ({ expect }) => {
  await using host = await HostileServer.start({ modules: [] })
  process.kill(host.pid, 'SIGHUP')
  await eventually(() => expect(host.server.log()).toContain('what was found is served'))
  expect(await host.neighbour()).toContain('echo')
}, 120_000)
