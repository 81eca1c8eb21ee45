import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, it } from 'vitest'
import type { OpenDoor } from '../../../../sandboxes/egress/gate_process.ts'
import { alive, eventually } from '../../../support/processes.ts'
import { serve } from '../servers.ts'
import { CAPS, rawThrough, requestThrough, startGate } from './through.ts'
import { LOOPBACK } from '../grants.ts'

describe('the egress process', () => {
  it('lets nobody through a door that nobody was assigned to, and has one visitor for each', async ({ expect }) => {
    await using server = await serve((_req, res) => res.end('answered'))
    await using gate = await startGate()
    await using door = await gate.gate.open()
    const request = `GET ${server.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`
    expect(await rawThrough(door.path, request)).toBe('')
    const visitor = { tenant: 'acme', module: 'asks', grant: LOOPBACK, caps: CAPS }
    await door.assign(visitor)
    expect((await requestThrough(door.path, server.url)).text).toBe('answered')
    await expect(door.assign({ ...visitor, tenant: 'other' })).rejects.toThrow('has a visitor already')
  })

  it('tells whoever opened a door of what comes in by it, and nobody else, also of what ends with the door', async ({ expect }) => {
    await using server = await serve((_req, res) => res.write('and no end'))
    await using gate = await startGate()
    const told: Record<string, string[]> = { one: [], two: [] }
    const open = async (name: string): Promise<OpenDoor> => {
      const door = await gate.gate.open(({ module, verdict }) => told[name]?.push(`${module} ${verdict}`))
      await door.assign({ tenant: 'acme', module: name, grant: LOOPBACK, caps: CAPS })
      return door
    }
    await using one = await open('one')
    const two = await open('two')
    await requestThrough(one.path, 'http://10.0.0.1/')
    const never = requestThrough(two.path, server.url).catch(() => {})
    await eventually(() => expect(server.connections()).toBe(1))
    await two[Symbol.asyncDispose]()
    await never
    await eventually(() => expect(told).toEqual({ one: ['one denied'], two: ['two aborted'] }))
    expect(gate.audits).toHaveLength(2)
  })

  it('ends the connections of a door that is closed, and its socket is gone', async ({ expect }) => {
    await using gate = await startGate()
    const door = await gate.door()
    const socket = connect(door.path)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
    await door[Symbol.asyncDispose]()
    await closed
    expect(existsSync(door.path)).toBe(false)
  })

  it('has nothing of the environment of the host', async ({ expect }) => {
    process.env['PLANTED_FOR_EGRESS'] = 'a secret'
    await using gate = await startGate()
    delete process.env['PLANTED_FOR_EGRESS']
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(`/proc/${gate.gate.pid}/environ`, 'utf8')).toBe('UV_THREADPOOL_SIZE=64\0')
  })

  it('that was killed opens no more doors, and says so', async ({ expect }) => {
    await using gate = await startGate()
    process.kill(gate.gate.pid as number, 'SIGKILL')
    await gate.gate.ended
    await expect(gate.gate.open()).rejects.toThrow('the egress process has ended')
  })

  it('ends with the host: when its standard input is closed', async ({ expect }) => {
    const gate = await startGate()
    const { pid } = gate.gate
    await gate[Symbol.asyncDispose]()
    await eventually(() => expect(alive(pid as number)).toBe(false))
  })
})
