import { describe, it } from 'vitest'
import { makeSamples } from '../../support/samples.ts'
import type { HostileServer } from '../../support/hostile_server.ts'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

const GRANTED = { tries: { processes: true, timeout: 30 } }

describe('with the grant `processes` a module in Python', () => {
  it('starts processes and programs of the machine, but no more than its cell may have', async ({ expect }) => {
    await using host = await startStrict(['tries'], { config: { modules: GRANTED } })
    expect(await grantsOf(host, 'tries')).toMatchObject({ processes: true })
    const surroundings = new Surroundings(host)
    expect(await tried(host, [['fork'], ['run', '/bin/echo', 'started'], ['run', '/bin/sh', '-c', 'echo by a shell']])).toEqual(['allowed', 'started\n', 'by a shell\n'])
    const [threads] = await tried(host, [['threads', 1000]])
    expect(threads).toBeLessThan(256)
    // Only what it may start is more: files, other processes and system calls are as before.
    expect(await tried(host, [['write', '/usr/left'], ['read', '/etc/shadow'], ['call', 101, 16, 1, 0, 0], ['run', '/bin/cat', '/etc/shadow']])).toEqual(['EROFS', 'ENOENT', 'EPERM', ''])
    await surroundings.expectAsBefore()
  })

  it('that forks without end is ended at its deadline with all that it has started, and a neighbour is served meanwhile', async ({ expect }) => {
    await using host = await startStrict(['tries'], { config: { modules: { tries: { processes: true, timeout: 4, memoryMb: 8192 } } } })
    const surroundings = new Surroundings(host)
    // Its cell is there.
    await tried(host, [])
    const bomb = host.ask('tries', { acts: [['fork_without_end']] })
    for (let i = 0; i < 3; i += 1) expect(await host.neighbour()).toContain('echo')
    expect((await host.told(await bomb)).outcome).toBe('MODULE_TIMED_OUT')
    await surroundings.expectAsBefore()
    expect(await tried(host, [['fork']])).toEqual(['allowed'])
  })

  it('whose processes take more memory together than it may is ended', async ({ expect }) => {
    await using host = await startStrict(['tries'], { config: { modules: { tries: { processes: true, memoryMb: 100, timeout: 20 } } } })
    const surroundings = new Surroundings(host)
    expect((await host.told(await host.ask('tries', { acts: [['eat_together', 5, 40]] }))).outcome).toBe('MODULE_OUT_OF_MEMORY')
    await surroundings.expectAsBefore()
  })

  it('leaves nothing for the next query, not even what is never the same process for long', async ({ expect }) => {
    await using host = await startStrict(['tries'], { config: { modules: GRANTED } })
    const surroundings = new Surroundings(host)
    const [before] = await tried(host, [['processes']]) as [number[]]
    for (const act of ['fork_while_leaving', 'fork_forever_while_leaving']) {
      await host.ask('tries', { acts: [[act]] })
      const [after] = await tried(host, [['processes']]) as [number[]]
      expect(after.length).toBe(before.length)
    }
    await surroundings.expectAsBefore()
  })

  it('reads a picture: ocr_enrich of misp-modules, which starts tesseract', async ({ expect }) => {
    await using samples = await makeSamples()
    await using host = await startStrict(['ocr_enrich'], { config: { modules: { ocr_enrich: { processes: true } } } })
    const surroundings = new Surroundings(host)
    const { body } = await host.ask('ocr_enrich', { attachment: 'text.png', data: samples.base64('text.png') })
    expect(body).toContain('evil.example.com')
    await surroundings.expectAsBefore()
  })
})

it('without the grant neither a process nor a program of the machine is there for a module, also where another one of its root has it', async ({ expect }) => {
  await using samples = await makeSamples()
  await using host = await startStrict(['tries', 'reaches', 'ocr_enrich'], { config: { modules: { reaches: { processes: true } } } })
  const surroundings = new Surroundings(host)
  await host.ask('reaches', { acts: [] })
  expect(await grantsOf(host, 'tries')).toMatchObject({ processes: false })
  expect(await tried(host, [['fork'], ['run', '/bin/echo', 'started'], ['read', '/usr/bin/tesseract']])).toEqual(['EPERM', 'EPERM', 'ENOENT'])
  expect((await host.ask('ocr_enrich', { attachment: 'text.png', data: samples.base64('text.png') })).body).not.toContain('evil.example.com')
  await surroundings.expectAsBefore()
})

async function grantsOf(host: HostileServer, module: string): Promise<unknown> {
  return ((await (await fetch(host.url(`/api/v1/modules/${module}`))).json()) as { grants: unknown }).grants
}
