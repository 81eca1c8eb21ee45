import { join } from 'node:path'
import { it } from 'vitest'
import { startStrict, STRICT_MODULES, Surroundings, tried } from '../../support/strict_server.ts'

it('a module can write to /tmp alone, and 16 MB of it', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const own = join(STRICT_MODULES, 'expansion', 'tries.py')
  const elsewhere = ['/written', '/etc/written', '/usr/lib/written', '/dev/written', '/dev/shm/written', '/run/written', '/run/cell/written', `${own}.new`, own]
  const answers = await tried(host, elsewhere.map((path) => ['write', path]))
  for (const [at, answer] of answers.entries()) expect(['EROFS', 'ENOENT', 'EACCES'], elsewhere[at]).toContain(answer)
  expect(await tried(host, [['write', '/tmp/large', 17 << 20], ['remove', '/tmp/large'], ['write', '/tmp/fits', 8 << 20], ['remove', '/tmp/fits']]))
    .toEqual(['ENOSPC', 'removed', 'written', 'removed'])
  const kernel = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches']
  for (const answer of await tried(host, kernel.map((path) => ['open_for_writing', path]))) expect(['EACCES', 'EROFS', 'ENOENT', 'EPERM']).toContain(answer)
  await surroundings.expectAsBefore()
})
