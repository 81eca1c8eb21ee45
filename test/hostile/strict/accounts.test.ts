import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import { findAccount } from '../../../host/ground/runner_account.ts'
import { descendants } from '../../../sandboxes/process/process_tree.ts'
import { eventually } from '../../support/processes.ts'
import type { HostileServer } from '../../support/hostile_server.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

const FIRST = 1_900_000_000

it('each cell has a uid of its own where the host is root, and the host\'s where it is not', async ({ expect }) => {
  await using host = await startStrict(['tries', 'imports_and_tries'])
  const surroundings = new Surroundings(host)
  for (const module of ['echo', 'tries', 'imports_and_tries']) await host.ask(module, { acts: [] })
  await eventually(() => {
    const cells = new Map(descendants(host.pid).filter((pid) => parentOf(pid) === host.pid).map((pid) => [pid, uidOf(pid)]))
    expect(cells.size).toBeGreaterThanOrEqual(3)
    if (process.getuid?.() === 0) {
      expect(new Set(cells.values()).size).toBe(cells.size)
      for (const uid of cells.values()) expect(uid).toBeGreaterThanOrEqual(FIRST)
    } else {
      expect([...new Set(cells.values())]).toEqual([process.getuid?.()])
    }
  })
  expect(await accountLayer(host)).toMatch(process.getuid?.() === 0 ? /each cell runs as a uid of its own/ : /as the host itself/)
  await surroundings.expectAsBefore()
})

it('without such uids all run as --user', async ({ expect }) => {
  await using host = await startStrict(['tries'], { args: ['--uids', '0'] })
  await host.ask('tries', { acts: [] })
  // A process that is just being started has the host's for a moment.
  await eventually(() => {
    const uids = new Set(descendants(host.pid).map(uidOf))
    expect(uids).toEqual(new Set([process.getuid?.() === 0 ? findAccount('nobody').uid : process.getuid?.()]))
  })
})

function uidOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

async function accountLayer(host: HostileServer): Promise<string | undefined> {
  const { layers } = (await (await fetch(host.url('/api/v1/status'))).json()) as { layers: readonly { name: string; detail: string }[] }
  return layers.find(({ name }) => name === 'account')?.detail
}
