import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { HostileServer, type Status } from '../support/hostile_server.ts'
import { BROKEN_MODULES } from '../support/kinds.ts'
import { newState } from '../support/our_server.ts'
import { eventually } from '../support/processes.ts'

/** Beyond the patience of ten seconds: for all that is not broken, on a busy machine. */
const LISTED_WITHIN_MS = 30_000

/** Why each is not loaded, and in which line of its file. */
const NOT_LOADED: Readonly<Record<string, readonly [reason: RegExp, line?: number]>> = {
  daemon_at_import: [/^RuntimeError: after leaving a daemon behind$/, 11],
  dies_at_import: [/exit status 4/],
  eats_memory_at_import: [/took more than 128 MB/],
  exits_at_import: [/^SystemExit: 3$/, 5],
  hangs_at_import: [/^still being imported after 10 s$/],
  huge_introspection: [/MemoryError|SIG|bytes/],
  import_error: [/^ModuleNotFoundError: No module named 'a_package_that_nobody_has'$/, 3],
  integer_key: [/key must be str/],
  introspection_hangs: [/^still being imported after 10 s$/],
  introspection_raises: [/^ValueError: no introspection today$/, 9],
  kills_parent_at_import: [/closed its channel|SIGKILL/],
  large_introspection: [/2000\d* bytes as JSON, at most 1048576/],
  lists_another: [/^expected the entry of lists_another \(expansion\), found \{"name":"countrycode"/],
  no_introspection: [/has no attribute 'introspection'/],
  no_version: [/has no attribute 'version'/],
  not_utf8: [/^SyntaxError: .*utf-8/, 1],
  raises_at_import: [/^RuntimeError: raised at import$/, 3],
  raises_at_length: [/^RuntimeError: é{100,986}$/, 3],
  raises_unprintable: [/^Unprintable/, 11],
  set_in_introspection: [/set/],
  syntax_error: [/^SyntaxError: expected ':'/, 4],
  version_exits: [/^SystemExit: 5$/, 13],
}

/** Odd, but what upstream lists as well. */
const LISTED = ['introspection_is_text', 'no_handler', 'version_is_none']

/** Two built-in ones that are described beside them, one of which needs what takes longest to import. */
const BUILT_IN = ['countrycode', 'yara_query']

describe('a module that is broken', () => {
  let host: HostileServer
  let state: string
  let status: Status
  let listedWithin: number
  beforeAll(async () => {
    state = await newState()
    const began = performance.now()
    host = await HostileServer.start({
      modules: [...Object.keys(NOT_LOADED), ...LISTED, ...BUILT_IN],
      config: { modules: { eats_memory_at_import: { memoryMb: 128 } } },
      args: ['--modules', BROKEN_MODULES],
      state,
    })
    listedWithin = performance.now() - began
    status = await host.status()
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(state, { recursive: true, force: true })
  })

  it('keeps no other from being listed, and delays the list no longer than our patience', async ({ expect }) => {
    const listing = (await (await fetch(host.url('/modules'))).json()) as { name: string }[]
    expect(listing.map(({ name }) => name)).toEqual([...BUILT_IN, ...LISTED, 'echo'].toSorted())
    expect(listedWithin).toBeLessThan(LISTED_WITHIN_MS)
  })

  for (const [name, [reason, line]] of Object.entries(NOT_LOADED)) {
    it(`is told to the operator with its reason and place: ${name}`, async ({ expect }) => {
      const file = expect.stringMatching(new RegExp(`broken/expansion/${name}\\.py$`))
      const told = status.modules.notLoaded.find((each) => each.name === name && each.file.includes('/broken/'))
      expect(told).toEqual({ name, type: 'expansion', file, reason: expect.stringMatching(reason), ...(line !== undefined && { line }) })
      await eventually(() => {
        const logged = host.log().find((each) => each['module'] === name && String(each['file']).includes('/broken/'))
        expect(logged).toMatchObject({ level: 40, file, reason: expect.stringMatching(reason), ...(line !== undefined && { line }) })
      })
    })
  }

  it('is answered for like one that there is not', async ({ expect }) => {
    const answer = await host.ask('syntax_error')
    expect(answer).toMatchObject({ status: 200, body: '{"error":"Something went wrong, look in the server logs for details"}' })
    expect(await host.told(answer)).toMatchObject({ outcome: 'NOT_LOADED', failure: expect.stringContaining("expected ':'") })
    expect(await host.neighbour()).toContain('echo')
  })
})
