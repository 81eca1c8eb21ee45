import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askApi } from '../../../support/api.ts'
import { HostileServer } from '../../../support/hostile_server.ts'
import { Latch } from '../../../support/latch.ts'
import { eventually } from '../../../support/processes.ts'
import { readMetrics, type Metrics } from '../../../support/prometheus.ts'

describe('GET /metrics', () => {
  let host: HostileServer
  const metrics = async (): Promise<Metrics> => readMetrics(await (await fetch(host.url('/metrics'))).text())
  beforeAll(async () => {
    host = await HostileServer.start({
      modules: ['error_answer', 'throws', 'segfault', 'sleeps', 'waits_for_file', 'fails_to_load'], config: { modules: { waits_for_file: { runners: 1 } } },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it("is Prometheus' text format: every sample belongs to a family that is described once, and histograms add up", async ({ expect }) => {
    await host.ask('echo')
    const response = await fetch(host.url('/metrics'))
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const { families } = readMetrics(await response.text())
    expect(families.size).toBeGreaterThan(20)
    for (const [name, { type, help }] of families) expect([name, help !== '', ['counter', 'gauge', 'histogram'].includes(type)]).toEqual([name, true, true])
    for (const [name, { type }] of families) if (name.startsWith('misp_module_host_') && type === 'counter') expect(name).toMatch(/_total$/)
  })

  it('counts queries by module and outcome; names that are not loaded are one', async ({ expect }) => {
    const before = await metrics()
    const grown = async (labels: Record<string, string>): Promise<number> =>
      (await metrics()).value('misp_module_host_queries_total', labels) - before.value('misp_module_host_queries_total', labels)
    for (let n = 0; n < 3; n += 1) await host.ask('echo')
    await askApi((path) => host.url(path), 'echo')
    await host.ask('error_answer')
    for (let n = 0; n < 2; n += 1) await host.ask('throws')
    await host.ask('segfault')
    await host.ask('sleeps', { seconds: 30, timeout: 1 })
    for (let n = 0; n < 50; n += 1) await host.ask(`nobody-${n}`)
    await host.ask('fails_to_load')
    expect(await grown({ module: 'echo', outcome: 'success' })).toBe(4)
    expect(await grown({ module: 'error_answer', outcome: 'module_error' })).toBe(1)
    expect(await grown({ module: 'throws', outcome: 'MODULE_THREW' })).toBe(2)
    expect(await grown({ module: 'segfault', outcome: 'MODULE_CRASHED' })).toBe(1)
    expect(await grown({ module: 'sleeps', outcome: 'MODULE_TIMED_OUT' })).toBe(1)
    expect(await grown({ module: 'other', outcome: 'UNKNOWN_MODULE' })).toBe(50)
    expect(await grown({ module: 'other', outcome: 'NOT_LOADED' })).toBe(1)
    const named = new Set((await metrics()).samples.flatMap(({ labels }) => labels['module'] ?? []))
    expect([...named].toSorted()).toEqual(['echo', 'error_answer', 'other', 'segfault', 'sleeps', 'throws'])
  })

  it('has durations, waits and why runners ended', async ({ expect }) => {
    const before = await metrics()
    using latch = new Latch()
    const asked = await oneRunsAndOneWaits(latch)
    await new Promise((resolve) => setTimeout(resolve, 250))
    latch.open()
    await Promise.all(asked)
    await host.ask('sleeps', { seconds: 30, timeout: 1 })
    const after = await metrics()
    const grown = (name: string, labels: Record<string, string> = {}): number => after.value(name, labels) - before.value(name, labels)
    expect(grown('misp_module_host_query_duration_seconds_count', { module: 'waits_for_file' })).toBe(2)
    // Both were there while they were made to wait.
    expect(grown('misp_module_host_query_duration_seconds_sum', { module: 'waits_for_file' })).toBeGreaterThan(0.4)
    expect(grown('misp_module_host_query_duration_seconds_count', { module: 'sleeps' })).toBe(1)
    expect(grown('misp_module_host_query_duration_seconds_sum', { module: 'sleeps' })).toBeGreaterThan(0.8)
    expect(grown('misp_module_host_queue_wait_seconds_count')).toBe(3)
    // One had to wait for the other.
    expect(grown('misp_module_host_queue_wait_seconds_sum')).toBeGreaterThan(0.2)
    const ends = (now: Metrics): number => now.value('misp_module_host_runner_ends_total', { reason: 'MODULE_TIMED_OUT' })
    await eventually(async () => expect(ends(await metrics())).toBeGreaterThan(ends(before)))
  })

  it('has the queue and the runners as they are now', async ({ expect }) => {
    using latch = new Latch()
    const asked = await oneRunsAndOneWaits(latch)
    const then = await metrics()
    expect(then.value('misp_module_host_runners', { module: 'waits_for_file', state: 'busy' })).toBe(1)
    latch.open()
    await Promise.all(asked)
    await eventually(async () => expect((await metrics()).value('misp_module_host_runners', { module: 'waits_for_file', state: 'idle' })).toBe(1))
    const now = await metrics()
    expect(now.value('misp_module_host_queue_queries')).toBe(0)
    expect(now.value('misp_module_host_modules_loaded')).toBe(6)
    expect(now.value('misp_module_host_module_changes_total', { result: 'loaded' })).toBe(6)
    expect(now.value('misp_module_host_runners_private_bytes')).toBeGreaterThan(1 << 20)
    expect(now.value('process_resident_memory_bytes')).toBeGreaterThan(1 << 20)
  })

  it('has nothing of what was asked or answered', async ({ expect }) => {
    await host.ask('echo', { config: { apikey: 'a-key-that-nobody-may-see' } })
    await host.ask('throws', { config: { apikey: 'a-key-that-nobody-may-see' } })
    expect(await (await fetch(host.url('/metrics'))).text()).not.toContain('nobody-may-see')
    expect(host.server.log()).not.toContain('nobody-may-see')
  })

  /** Two queries that end when the latch is open: the second waits for the runner of the first. */
  async function oneRunsAndOneWaits({ file }: Latch): Promise<Promise<unknown>[]> {
    const queue = async (): Promise<number[]> => {
      const now = await metrics()
      return [now.value('misp_module_host_queries_running'), now.value('misp_module_host_queue_queries')]
    }
    const running = host.ask('waits_for_file', { file })
    await eventually(async () => expect(await queue()).toEqual([1, 0]))
    const waiting = host.ask('waits_for_file', { file })
    await eventually(async () => expect(await queue()).toEqual([1, 1]))
    return [running, waiting]
  }
})
