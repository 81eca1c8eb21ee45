import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { it } from 'vitest'
import { MAIN } from '../support/cli.ts'
import { newState } from '../support/our_server.ts'
import { eventually } from '../support/processes.ts'
import { testPython } from '../support/python.ts'
import { freePort } from '../support/upstream.ts'

it('a disk that is full of logs does not keep the host from answering', async ({ expect }) => {
  const state = await newState()
  const port = await freePort()
  const full = openSync('/dev/full', 'w')
  const args = [MAIN, 'serve', '-p', String(port), '-l', '127.0.0.1', '--python', testPython(), '--state', state, '--log-format', 'json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', full] })
  const exited = once(child, 'exit')
  try {
    const body = JSON.stringify({ module: 'countrycode', domain: 'www.example.com' })
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', body, signal: AbortSignal.timeout(5000) })).text()
    await eventually(async () => expect(await ask()).toContain('Commercial'), 90_000)
    for (let time = 0; time < 20; time += 1) expect(await ask()).toContain('Commercial')
  } finally {
    child.kill('SIGTERM')
    closeSync(full)
    const [status] = await exited
    await rm(state, { recursive: true, force: true })
    expect(status).toBe(0)
  }
}, 120_000)
