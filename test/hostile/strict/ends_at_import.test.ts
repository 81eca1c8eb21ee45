import { it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

/** Only where it is imported to be forked: in no process that describes, and in no runner. */
const SLEEPS = `
import os, sys, time
if 'runner.describe' not in sys.modules and os.readlink('/proc/self/fd/1') != '/dev/null':
    print('is imported', flush=True)
    time.sleep(50)
`

it('a module that is imported for long does not keep the host from its end', async ({ expect }) => {
  await using host = await ReloadServer.start({ config: { host: { profile: 'strict' }, server: { graceSeconds: 1 } }, files: { 'expansion/r_sleeps.py': module('1', SLEEPS) } })
  host.ask('r_sleeps').catch(() => {})
  await eventually(() => expect(host.server.log()).toContain('is imported'), 20_000)
  const begun = performance.now()
  process.kill(host.pid, 'SIGTERM')
  expect(await host.server.exited).toBe(0)
  expect(performance.now() - begun).toBeLessThan(20_000)
}, 120_000)
