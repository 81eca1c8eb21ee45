import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { ControlGroups, type ControlGroup, type GroupLimits } from '../../../sandboxes/launch/groups/control_groups.ts'
import { findGroupFolders } from '../../../sandboxes/launch/groups/find.ts'
import { Border } from '../../support/border.ts'
import { testCommandRuntime } from '../../support/command_shim.ts'
import { eventually } from '../../support/processes.ts'
import { strictProfile, strictPython } from '../../support/profiles.ts'
import { startStrict, STRICT_MODULES } from '../../support/strict_server.ts'

const folders = findGroupFolders()
const profile = await strictProfile()
const cast = (path: string): string => fileURLToPath(new URL(`../../fixtures/cast/${path}`, import.meta.url))

/** Bounds so narrow that nothing else that ends a module is quicker. */
class Narrow extends ControlGroups {
  readonly #bounds: Partial<GroupLimits>

  constructor(bounds: Partial<GroupLimits>) {
    if ('unavailable' in folders) throw new Error(`the kernel lets nobody make control groups here: ${folders.unavailable}`)
    super(folders)
    this.#bounds = bounds
  }

  override make(limits: GroupLimits): ControlGroup {
    const group = super.make({ ...limits, ...this.#bounds })
    const bound = group.bound.bind(group)
    group.bound = (later) => bound({ ...later, ...this.#bounds })
    return group
  }
}

// Without root there are none in most places, and then the host says so: see the last test.
describe.runIf(!('unavailable' in folders))('the kernel bounds a cell as a whole, where it lets the host', () => {
  it.for(['forkserver', 'single'] as const)('a module in Python (%s) that takes more memory than its cell may have is told of as such', async (form, { expect }) => {
    await using border = new Border({ runtime: await strictPython(profile, form), root: cast('python'), profile, groups: new Narrow({ memoryBytes: 128 << 20 }) })
    const [{ code, message }, neighbour] = await Promise.all([border.ask('eats_memory'), border.ask('echo')])
    expect({ code, message }).toEqual({ code: 'MODULE_OUT_OF_MEMORY', message: expect.stringMatching(/may not have more memory: the runner was ended by signal 9/) })
    expect(neighbour.code).toBe('success')
    // Nobody pays for it afterwards.
    expect((await border.ask('throws')).code).toBe('MODULE_THREW')
  })

  it('a program that takes more memory than its cell may have is told of as such', async ({ expect }) => {
    const runtime = (await testCommandRuntime(profile))()
    await using border = new Border({ runtime, root: STRICT_MODULES, ending: '.module.json', profile, groups: new Narrow({ memoryBytes: 128 << 20 }) })
    const { code, message } = await border.ask('eats_at_once')
    expect({ code, message }).toEqual({ code: 'MODULE_OUT_OF_MEMORY', message: expect.stringMatching(/may not have more memory: .*SIGKILL/) })
  })

  it('no more processes than a cell may have are started in it', async ({ expect }) => {
    const runtime = (await testCommandRuntime(profile))()
    await using border = new Border({ runtime, root: STRICT_MODULES, ending: '.module.json', profile, groups: new Narrow({ processes: 60 }), limits: { memoryMb: 8192 } })
    const { code, body, message } = await border.ask('forks_forever')
    expect({ code, message }).toEqual({ code: 'success', message: '' })
    const { results } = JSON.parse(body) as { results: number }
    expect(results).toBeGreaterThan(5)
    expect(results).toBeLessThan(60)
  })

  it('a large body makes room for what it takes', async ({ expect }) => {
    const body = [Buffer.from(JSON.stringify({ module: 'echo', text: 'x'.repeat(40 << 20) }))]
    for (const [perBodyByte, code] of [[8, 'success'], [0, 'MODULE_OUT_OF_MEMORY']] as const) {
      await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root: cast('python'), profile, groups: new Narrow({ memoryBytes: 96 << 20, perBodyByte }) })
      expect((await border.ask('echo', body)).code).toBe(code)
    }
  })

  it('know that their memory ran out when they are gone as well', async ({ expect }) => {
    const group = new Narrow({}).make({ memoryBytes: 96 << 20, perBodyByte: 0, processes: 50 })
    const ways = group.open()
    const enter = ways.map((_, at) => `echo 0 >&${3 + at}; `).join('')
    const child = spawn('/bin/sh', ['-c', `${enter}exec "$0" -e 'Buffer.alloc(512 << 20, 1)'`, process.execPath], { stdio: ['ignore', 'ignore', 'ignore', ...ways] })
    for (const way of ways) closeSync(way)
    await once(child, 'exit')
    await group.remove()
    expect(group.ranOut()).toBe(true)
    expect(group.ranOut()).toBe(false)
  })

  it('nothing is left of them when their cells are gone', async ({ expect }) => {
    if ('unavailable' in folders) throw new Error(folders.unavailable)
    const made = (): string[] => [folders.memory, folders.pids].flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith(`misp-module-host-${process.pid}-`)))
    {
      await using border = new Border({ runtime: await strictPython(profile, 'forkserver'), root: cast('python'), profile, groups: new Narrow({}) })
      await border.ask('echo')
      expect(made().length).toBeGreaterThan(0)
    }
    await eventually(() => expect(made()).toEqual([]))
  })
})

it('the host bounds its cells so, where one that was killed has left groups as well, or says why not', async ({ expect }) => {
  // As of an earlier process that had the number of this one.
  const left = 'unavailable' in folders ? [] : [folders.memory, folders.pids].map((folder) => join(folder, `misp-module-host-${process.pid}-1-0a1b2c3d`))
  for (const path of left) mkdirSync(path)
  await using host = await startStrict(['tries'])
  expect(await host.neighbour()).toContain('echo')
  const { layers } = (await (await fetch(host.url('/api/v1/status'))).json()) as { layers: readonly { name: string; active: boolean; detail: string }[] }
  const layer = layers.find(({ name }) => name === 'cgroup')
  if ('unavailable' in folders) {
    expect(layer).toEqual({ name: 'cgroup', active: false, detail: expect.stringContaining('memory and processes are watched from outside alone') })
    return
  }
  expect(layer).toMatchObject({ active: true, detail: expect.stringContaining('the kernel bounds the memory and the processes of each cell') })
  expect(left.filter((path) => existsSync(path))).toEqual([])
  const own = readdirSync(folders.memory).filter((name) => name.startsWith(`misp-module-host-${host.pid}-`))
  expect(own.length).toBeGreaterThan(0)
})
