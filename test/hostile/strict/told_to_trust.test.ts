import { writeFileSync } from 'node:fs'
import { it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'
import { serve } from '../../sandboxes/egress/servers.ts'

const REACHES = `
def reached(url):
    import urllib.error, urllib.request
    try:
        return urllib.request.urlopen(url).read().decode()
    except urllib.error.HTTPError as error:
        return error.code
`

it('a running host that is told to trust its modules grants them no more than before, and says from when on it will', async ({ expect }) => {
  await using server = await serve((_req, res) => res.end('reached'))
  const config = (profile: string): object => ({ host: { profile }, modules: { r_reaches: { networks: ['127.0.0.1/32'], ports: [server.port] } } })
  await using host = await ReloadServer.start({ config: config('strict'), files: { 'expansion/r_reaches.py': module(`reached("${server.url}/")`, REACHES) } })
  const results = async (): Promise<unknown> => (JSON.parse(await host.ask('r_reaches')) as { results?: unknown }).results
  const limits = async (): Promise<unknown> => (await (await fetch(host.url('/api/v1/modules/r_reaches'))).json() as { limits: unknown }).limits
  const before = await limits()
  expect(await results()).toBe(403)
  writeFileSync(host.configFile, JSON.stringify(config('trusted')))
  process.kill(host.pid, 'SIGHUP')
  await eventually(async () => expect(await host.log()).toContainEqual(expect.objectContaining({ changed: ['profile'], msg: 'these settings have changed and hold from the next start on' })), 20_000)
  expect([await results(), await limits()]).toEqual([403, before])
})
