import { it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantsHost } from '../../support/tenants.ts'

const SPY = pythonModule('os.environ.get("PROVIDER_KEY", "none")')
const GIVEN = { common: { env: { PROVIDER_KEY: 'given' }, hosts: ['provider.example.org'] } }

it('what a shared module is granted is not for the file that a tenant saves under its name, at once or after SIGHUP', async ({ expect }) => {
  const tenants = (modules: object) => ({ tenants: { eve: { entry: { shared: ['common'], modules } } } })
  await using host = await TenantsHost.start({ ...tenants(GIVEN), files: { 'expansion/common.py': SPY } })
  expect(await host.ask('eve', 'common')).toBe('{"results":"given"}')
  host.files.save('eve', 'expansion/common.py', `${SPY}# of eve\n`)
  const settings = () => host.tenants.all[0]!.opened.host.settings('common')
  await eventually(async () => expect(await host.ask('eve', 'common')).toBe('{"results":"none"}'), 20_000)
  expect(settings().env).not.toHaveProperty('PROVIDER_KEY')
  await host.reconfigure(tenants({ common: { ...GIVEN.common, timeout: 7 } }))
  expect(await host.ask('eve', 'common')).toBe('{"results":"none"}')
  expect(settings()).toMatchObject({ timeout: 7 })
  expect(settings().egress.hosts ?? []).not.toContain('provider.example.org')
}, 120_000)
