import { describe, it } from 'vitest'
import type { Cell } from '../../../sandboxes/cell/cell.ts'
import type { EgressGrant } from '../../../sandboxes/contract.ts'
import { Doors } from '../../../sandboxes/egress/doors.ts'
import type { Unit } from '../../../sandboxes/unit.ts'

const CAPS = { connections: 1, requestsPerMinute: 1, bytesPerMinute: 1, connectionMs: 1 }
const granting = (...hosts: string[]): EgressGrant => ({
  hosts, networks: [], ports: [443], methods: undefined, headers: [], proxy: undefined, caFile: undefined, connectMs: 1, requestMs: 1, responseBytes: 1,
})
const unit = (egress: EgressGrant): Unit => ({ source: { name: 'asks' }, settings: { egress } }) as Unit

/** A cell with a door, and what the door was told in turn. */
async function withDoor(): Promise<{ doors: Doors; cell: Cell; told: (readonly string[] | undefined)[] }> {
  const told: (readonly string[] | undefined)[] = []
  const never = new Promise<void>(() => {})
  const door = {
    path: 'door', gone: never, [Symbol.asyncDispose]: () => Promise.resolve(),
    assign: ({ grant }: { grant: EgressGrant }) => Promise.resolve(void told.push(grant.hosts)),
  }
  const doors = new Doors({ open: () => Promise.resolve(door), tenant: 'eve', caps: CAPS })
  const cell = { gone: never, close: () => {} } as Cell
  doors.hold(cell, await doors.open())
  return { doors, cell, told }
}

describe('a grant that was taken away does not come back', () => {
  it('by a door that nobody had yet, whose cell becomes a module as it was before', async ({ expect }) => {
    const { doors, cell, told } = await withDoor()
    await doors.regrant(() => granting())
    await doors.assign(cell, unit(granting('taken.example.org')))
    expect(told).toEqual([[]])
  })

  it('by a runner more of a module as it was before', async ({ expect }) => {
    const { doors, cell, told } = await withDoor()
    const [before, now] = [granting('taken.example.org'), granting()]
    await doors.assign(cell, unit(before))
    await doors.regrant(() => now)
    await doors.assign(cell, unit(before))
    expect(told).toEqual([['taken.example.org'], []])
  })
})
