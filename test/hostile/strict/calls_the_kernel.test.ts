import { it } from 'vitest'
import { DENIED, numberOf } from '../../../sandboxes/launch/seccomp/syscalls.ts'
import { startStrict, Surroundings, tried, type Act } from '../../support/strict_server.ts'

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'

it('no call of the kernel that is on the list, and no unusual socket, is let through', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const numbers = Object.entries(DENIED).flatMap(([name, pair]) => {
    const number = numberOf(pair, architecture)
    return number === undefined ? [] : [{ name, number }]
  })
  const answers = await tried(host, numbers.map(({ number }): Act => ['call', number, 0, 0, 0, 0, 0, 0]))
  expect(Object.fromEntries(numbers.map(({ name }, at) => [name, answers[at]]))).toEqual(Object.fromEntries(numbers.map(({ name }) => [name, 'EPERM'])))
  // NETLINK, PACKET, ALG, VSOCK, BLUETOOTH; then those that there are.
  expect(await tried(host, [['family', 16, 3], ['family', 17, 3], ['family', 38, 5], ['family', 40, 1], ['family', 31, 3], ['family', 1, 1], ['family', 2, 1]]))
    .toEqual([...Array.from({ length: 5 }, () => 'EAFNOSUPPORT'), 'allowed', 'allowed'])
  // A newer call than anybody has looked at; clone3, whose arguments a filter cannot see; text typed into a terminal; its parent's memory.
  expect(await tried(host, [['call', 600], ['call', 435, 0, 0], ['push_input']])).toEqual(['ENOSYS', 'ENOSYS', 'EPERM'])
  await surroundings.expectAsBefore()
})
