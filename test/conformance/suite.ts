import { existsSync } from 'node:fs'
import { describe, it } from 'vitest'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { type Answer, Border, type BorderOptions } from '../support/border.ts'
import { alive, eventually } from '../support/processes.ts'
import type { TestProfile } from '../support/profiles.ts'

/** In what languages differ, though each keeps the claim. */
export interface Row {
  readonly name: string
  readonly runtime: () => Runtime
  /** The cast of modules in that language. */
  readonly root: string
  /** What the names of its files end with. */
  readonly ending: string
  /** What the module `echo` answers to a body. */
  readonly echoes: (body: Buffer) => string
  /** Whether a module has globals from one query to the next; where absent it has. */
  readonly keepsGlobals?: boolean
  /** How a query fails whose module ends its process; `MODULE_CRASHED` where absent. */
  readonly leaving?: string
  /** How the end of the module `exits` is told. */
  readonly exit: RegExp
  /** What the module `prints` prints, sorted. */
  readonly printed: readonly string[]
  /** Queries that one runner has at a time. */
  readonly atOnce: number
  /** Whether a query that is late ends alone, and its runner goes on. */
  readonly outlivesDeadlines: boolean
  /** Whether its modules see files, an environment and their process. */
  readonly seesMachine: boolean
  /** `trusted` where absent. */
  readonly profile?: TestProfile
}

/** What every row of runtimes.ts must do with its language's cast of modules: the same claims for all of them. */
export function conformance(row: Row): void {
  const { root, ending, atOnce, keepsGlobals = true } = row
  const isApart = row.profile?.policy.apart === true
  const open = (options: Partial<BorderOptions> = {}) => new Border({ runtime: row.runtime(), root, ending, ...(row.profile && { profile: row.profile }), ...options })

  describe(`${row.name}: a module`, () => {
    it('gets the body exactly as it was received, in however many chunks', async ({ expect }) => {
      await using border = open()
      const body = Buffer.from('{"module": "echo",  "n": 18446744073709551616, "s": "\\u0041é\u2028"}')
      for (const chunks of [[body], [body.subarray(0, 7), body.subarray(7)], [...body].map((byte) => Buffer.from([byte]))]) {
        const { code, body: answer } = await border.ask('echo', chunks)
        expect(code).toBe('success')
        expect(JSON.parse(answer)).toEqual({ results: row.echoes(body) })
      }
    })

    it('is described by its own words, with the keys that clients index', async ({ expect }) => {
      await using border = open()
      expect(await border.describe('echo')).toMatchObject({
        entry: { name: 'echo', type: 'expansion', mispattributes: { input: ['text'] }, meta: { author: 'test' } },
      })
    })

    it(keepsGlobals ? 'keeps its globals while its runner is warm' : 'begins anew with each query', async ({ expect }) => {
      await using border = open()
      const answers = []
      for (let i = 0; i < 3; i += 1) answers.push((await border.ask('counter')).body)
      expect(answers).toEqual((keepsGlobals ? [1, 2, 3] : [1, 1, 1]).map((results) => JSON.stringify({ results })))
    })

    it('that answers with an error has answered', async ({ expect }) => {
      await using border = open()
      expect(await border.ask('error_answer')).toMatchObject({ code: 'module_error', body: '{"error":"said on purpose"}' })
    })

    it('that throws is named with its traceback, and its runner goes on', async ({ expect }) => {
      await using border = open()
      const first = await border.ask('throws')
      expect(first).toMatchObject({ code: 'MODULE_THREW', message: expect.stringContaining('thrown on purpose') })
      expect(first.trace).toContain('throws.')
      await border.ask('throws')
      await eventually(() => expect(border.pool.status().modules).toEqual({ throws: 1 }))
    })

    it('whose answer is no JSON is a bad result', async ({ expect }) => {
      await using border = open()
      expect((await border.ask('unserialisable')).code).toBe('BAD_RESULT')
    })

    it('that hangs or spins is killed at the deadline, and the next query gets a new runner', async ({ expect }) => {
      await using border = open()
      // On a busy machine the time may be up before there is a runner, which then has nobody to answer.
      const begun = async (module: string): Promise<Answer> => {
        for (;;) {
          const answer = await border.ask(module, {}, 700)
          if (isApart || !answer.message.startsWith('no runner')) return answer
        }
      }
      for (const module of ['hangs', 'spins']) {
        const [first, second] = [await begun(module), await begun(module)]
        expect([first.code, second.code]).toEqual(['MODULE_TIMED_OUT', 'MODULE_TIMED_OUT'])
      }
      expect((await border.ask('echo')).code).toBe('success')
      const { pool } = border
      // A cell may take longer to start than these queries had, and then has nobody to answer.
      if (isApart) await eventually(() => expect(pool.status().modules).toMatchObject({ echo: 1 }))
      // How many there are of each depends on whether the host or the runner is the first to notice a deadline.
      else await eventually(() => expect(Object.keys(pool.status().modules).toSorted()).toEqual(row.outlivesDeadlines ? ['echo', 'hangs', 'spins'] : ['echo']))
    })

    it('that leaves its process is told of, with the reason', async ({ expect }) => {
      await using border = open()
      expect(await border.ask('exits')).toMatchObject({ code: row.leaving ?? 'MODULE_CRASHED', message: expect.stringMatching(row.exit) })
    })

    it('that eats memory is stopped, and its neighbours notice nothing', async ({ expect }) => {
      await using border = open({ limits: { memoryMb: 100 } })
      const neighbour = border.ask('sleeps', { seconds: 1 })
      expect((await border.ask('eats_memory')).code).toBe('MODULE_OUT_OF_MEMORY')
      expect((await neighbour).code).toBe('success')
    })

    it('may print whatever it likes: it becomes log lines of that query', async ({ expect }) => {
      await using border = open()
      expect(await border.ask('prints')).toMatchObject({ code: 'success', body: '{"results":"printed"}' })
      await eventually(() => {
        const lines = border.log.filter(({ query }) => query === 'q0').map(({ text }) => text)
        expect(lines.sort()).toEqual(row.printed)
      })
    })

    it('may answer many megabytes, up to the limit', async ({ expect }) => {
      await using border = open({ limits: { outputBytes: 8_000_000 } })
      expect((await border.ask('large', { bytes: 7_000_000 })).body.length).toBe(7_000_002)
      expect((await border.ask('large', { bytes: 9_000_000 })).code).toBe('OUTPUT_TOO_LARGE')
      expect((await border.ask('large', { bytes: 10 })).body).toBe('"xxxxxxxxxx"')
    })

    it('runs as many queries side by side as there are', async ({ expect }) => {
      await using border = open()
      let most = 0
      const timer = setInterval(() => (most = Math.max(most, border.pool.status().busy)), 5)
      // Cells take longer to start: how many there are when the last query is answered depends on the machine.
      const queries = isApart ? 8 : 12
      const answers = await Promise.all(Array.from({ length: queries }, () => border.ask('sleeps', { seconds: 1.5 }, 30_000)))
      clearInterval(timer)
      expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['success']))
      expect(most).toBeGreaterThan(isApart ? 1 : 4)
    })

    it('never has more runners than its limit', async ({ expect }) => {
      await using border = open({ limits: { runners: 2 } })
      const asked = Array.from({ length: 4 * atOnce + 4 }, () => border.ask('sleeps', { seconds: 0.1 }))
      let most = 0
      const timer = setInterval(() => (most = Math.max(most, border.pool.status().runners)), 5)
      await Promise.all(asked)
      clearInterval(timer)
      // Where each runner has one query there may be a moment with fewer.
      if (isApart) expect([1, 2]).toContain(most)
      else expect(most).toBe(2)
    })

    if (row.seesMachine) it('has a scratch folder of its own that goes with its runner, and the settings of its operator', async ({ expect }) => {
      const border = open()
      const { cwd, pid, environment } = JSON.parse((await border.ask('where')).body)
      expect(environment).toMatchObject({ FROM_SETTINGS: 'yes', TMPDIR: cwd })
      expect(Object.keys(environment)).not.toContain('MISP_TEST_PYTHON')
      // Folders and processes have other names there; that they go is the claim of a test in hostile/strict.
      if (isApart) expect(cwd).toMatch(/^\/tmp(\/\d+)?$/)
      else expect([cwd.startsWith(border.scratch.folder), existsSync(`${cwd}/left-behind.txt`)]).toEqual([true, true])
      await border[Symbol.asyncDispose]()
      if (!isApart) await eventually(() => expect([existsSync(cwd), alive(pid)]).toEqual([false, false]))
    })

    it('that does not load says why, in one line, with the place', async ({ expect }) => {
      await using border = open()
      for (const name of ['fails_to_load', 'leaves_at_import', 'no_introspection']) {
        const described = await border.describe(name)
        expect(described).toHaveProperty('failure.error')
        expect((await border.ask('echo')).code).toBe('success')
      }
      expect(await border.ask('fails_to_load')).toMatchObject({ code: 'NOT_LOADED', message: expect.stringMatching(/a_package/) })
    })

    it('yields to others when memory is short, and the least recently used goes first', async ({ expect }) => {
      await using border = open({ poolBytes: 1 })
      // One runner a core may always live; the border here has two.
      const modules = ['echo', 'counter', 'error_answer']
      // Compiling one takes longer than a runner counts as in use.
      for (const module of modules) await border.describe(module)
      for (const module of modules) await border.ask(module)
      await eventually(() => {
        const left = Object.keys(border.pool.status().modules)
        // Runners of one query each are made anew where there is room: which of them are left is a matter of the moment.
        if (isApart) expect(left.length).toBeLessThanOrEqual(2)
        else expect(left).toEqual(['counter', 'error_answer'])
      })
    })
  })
}
