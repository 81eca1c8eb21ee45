import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { privateBytes } from '../../sandboxes/process/memory.ts'
import { pythonRuntime } from '../../sandboxes/python/runtime.ts'
import { CAST_MODULES } from '../support/hostile_server.ts'
import { Border, type BorderOptions } from '../support/border.ts'
import { eventually } from '../support/processes.ts'
import { testPython } from '../support/python.ts'
import { temporaryFolder } from '../sandboxes/python/wheels.ts'

const runnerFolder = fileURLToPath(new URL('../../sandboxes/python', import.meta.url))

/** What a module is thought to need that was never measured. */
const GUESS_BYTES = 8 << 20

function open(options: Partial<BorderOptions> = {}): Border {
  const runtime = pythonRuntime({ python: testPython(), runnerFolder, form: 'forkserver', descriptors: 1024, fileMb: 64, debugHttp: false })
  return new Border({ runtime, root: CAST_MODULES, ...options })
}

const idle = () => new Promise((resolve) => setTimeout(resolve, 600))

describe('the memory that all runners together may have', () => {
  it('is kept by ending the idle one that was used the longest time ago', async ({ expect }) => {
    // There is room for one that is known and one that is about to start.
    await using border = open({ poolBytes: (await bytesOfOne()) + GUESS_BYTES + (1 << 20) })
    const modules = () => Object.keys(border.pool.status().modules).toSorted()
    for (const module of ['echo', 'counter', 'echo', 'throws']) {
      // One that was used a moment ago counts as in use.
      await idle()
      await border.ask(module)
      await measured(border)
    }
    await eventually(() => expect(modules()).toEqual(['echo', 'throws']))
    await idle()
    await border.ask('where')
    await eventually(() => expect(modules()).toEqual(['throws', 'where']))
  })

  it('is not kept at the cost of those that are in use', async ({ expect }) => {
    await using border = open({ poolBytes: 1 })
    const pid = async () => JSON.parse((await border.ask('where')).body).pid
    const first = await pid()
    for (const module of ['echo', 'counter', 'throws']) {
      await border.ask(module)
      expect(await pid()).toBe(first)
    }
  })

  it('lets new ones wait, and ends none that runs', async ({ expect }) => {
    await using border = open({ poolBytes: 1 })
    // One runner a core may always run: the border here has two.
    const running = [1, 2].map(() => border.ask('sleeps', { seconds: 1.5 }))
    await eventually(() => expect(border.pool.status().busy).toBe(2))
    const waiting = border.ask('echo')
    const first = await Promise.race([...running.map((each) => each.then(() => 'one that ran')), waiting.then(() => 'the one that waits')])
    expect(first).toBe('one that ran')
    expect((await Promise.all([...running, waiting])).map(({ code }) => code)).toEqual(['success', 'success', 'success'])
  })
})

describe('a module that can no longer be loaded', () => {
  it('is not tried without end while a runner of it works', async ({ expect }) => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'expansion'))
    const write = (first: string) => writeFileSync(join(folder.path, 'expansion', 'changes.py'), CHANGES.replace('FIRST', first))
    write('pass')
    await using border = open({ root: folder.path })
    const running = border.ask('changes', { seconds: 1.5 })
    await eventually(() => expect(border.pool.status().busy).toBe(1))
    write('print("tried"); raise ValueError')
    const waiting = border.ask('changes', { seconds: 0 })
    expect([(await running).code, (await waiting).code]).toEqual(['success', 'success'])
    const tried = border.log.filter(({ text }) => text === 'tried').length
    expect(tried).toBeGreaterThan(0)
    expect(tried).toBeLessThan(4)
  })
})

const CHANGES = `import json
import time

FIRST


def handler(q=False):
    time.sleep(json.loads(q)["seconds"])
    return {"results": "slept"}
`

async function bytesOfOne(): Promise<number> {
  await using border = open()
  await border.ask('echo')
  return await measured(border)
}

/** Private memory of all runners, once it is known and not guessed. */
async function measured(border: Border): Promise<number> {
  let known = 0
  await eventually(async () => {
    const real = (await Promise.all(border.pool.pids.map(privateBytes))).reduce((sum, each) => sum + each, 0)
    known = border.pool.status().privateBytes
    if (Math.abs(known - real) > real / 4) throw new Error(`${known} bytes are known of, there are ${real}`)
  })
  return known
}

describe('processor time', () => {
  it('is limited for each query anew, by the kernel: more than the deadline would allow to four cores', async ({ expect }) => {
    await using border = open()
    const { runtime, source, settings } = border.unit('spins')
    const runner = await border.cells.open(border.unit('spins'))
    await runner.load(runtime.load(source, settings, border.scratch.make(), false), undefined)
    const failure = await runner.query([Buffer.from('{"module":"spins"}')], 1, 'q').then(() => undefined, (error: unknown) => error)
    expect(failure).toMatchObject({ code: 'MODULE_TIMED_OUT', message: expect.stringContaining('SIGXCPU') })
  })
})
