import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { residentBytes } from '../memory.ts'
import type { Measure } from '../measure.ts'
import { median, percentile } from '../median.ts'
import { query } from '../request.ts'
import { startOurs, type Server } from '../servers.ts'

/** Modules are saved while four clients ask a trivial one: how soon the new version answers, what is lost, and what stays in memory. */
export const reload: Measure = {
  name: 'reload',
  goals: ['saveToLivePython', 'saveToLiveTypeScript', 'reloadLost', 'reloadGrowth'],
  seconds: 300,
  async measure({ children, python, scale }) {
    const root = join(children.folder, 'saved')
    mkdirSync(join(root, 'expansion'), { recursive: true })
    for (const folder of [children.folder, root, join(root, 'expansion')]) chmodSync(folder, 0o755)
    const config = { modules: { '*': { enabled: false }, 'bench_*': { enabled: true } } }
    for (const { name, ending, text } of LANGUAGES) writeFileSync(join(root, 'expansion', `${name}.${ending}`), text('before'))
    await using ours = await startOurs(children, python, { modules: root, config })
    await delay(3000)
    const clients = new Clients(ours)
    const saves = Math.max(20, Math.round(100 * scale))
    const live: number[][] = []
    for (const language of LANGUAGES) live.push(await savesToLive(ours, root, language, saves))
    const before = residentBytes(ours.pid)
    const burst = Math.round(1000 * scale)
    const [language] = LANGUAGES
    for (let save = 0; save < burst; save += 1) {
      writeFileSync(join(root, 'expansion', `${language.name}.py`), language.text(`burst ${save}`))
      await delay(40)
    }
    await untilLive(ours, language.name, `burst ${burst - 1}`)
    await delay(5000)
    const growth = (residentBytes(ours.pid) - before) / (1 << 20)
    const { asked, lost } = await clients.stop()
    const figures = live.map((times) => ({ p95: percentile(times, 0.95), p50: median(times) }))
    const rows = figures.map(({ p95, p50 }, at) => ({
      goal: at === 0 ? 'saveToLivePython' as const : 'saveToLiveTypeScript' as const,
      figure: p95, unit: 'ms' as const, ours: `p95 ${p95.toFixed(0)} ms, p50 ${p50.toFixed(0)} ms of ${saves}`,
    }))
    return [
      ...rows,
      { goal: 'reloadLost', figure: lost, ours: `${lost} of ${asked}` },
      { goal: 'reloadGrowth', figure: growth, unit: 'MB', ours: `${growth.toFixed(1)} MB` },
    ]
  },
}

const LANGUAGES = [
  {
    name: 'bench_saved', ending: 'py',
    text: (value: string) => `def handler(q=False):\n    return {"results": "${value}"}\n\n\ndef introspection():\n    return {"input": ["text"]}\n\n\ndef version():\n    return {"version": "1"}\n`,
  },
  {
    name: 'bench_ts_saved', ending: 'ts',
    text: (value: string) => `export default {\n  introspection: () => ({ input: ['text'] }),\n  version: () => ({ version: '1' }),\n  handler: (): object => ({ results: '${value}' }),\n}\n`,
  },
] as const

/** Milliseconds from each write to the first answer of the version that was written. */
async function savesToLive(server: Server, root: string, { name, ending, text }: (typeof LANGUAGES)[number], saves: number): Promise<number[]> {
  const times: number[] = []
  for (let save = 0; save < saves; save += 1) {
    const began = performance.now()
    writeFileSync(join(root, 'expansion', `${name}.${ending}`), text(`save ${save}`))
    await untilLive(server, name, `save ${save}`)
    times.push(performance.now() - began)
    await delay(50)
  }
  return times
}

async function untilLive(server: Server, module: string, value: string): Promise<void> {
  const end = performance.now() + LIVE_WITHIN_MS
  while ((await query(server.port, { module }))?.text !== JSON.stringify({ results: value })) {
    if (performance.now() > end) throw new Error(`${module} did not answer "${value}" within ${LIVE_WITHIN_MS} ms of its save`)
    await delay(1)
  }
}

const LIVE_WITHIN_MS = 20_000

/** Four clients that ask a trivial module without a pause, and a fifth that asks the one that is saved: none may be lost. */
class Clients {
  #going = true
  #asked = 0
  #lost = 0
  readonly #all: readonly Promise<void>[]

  constructor({ port }: Server) {
    this.#all = ['bench_trivial', 'bench_trivial', 'bench_trivial', 'bench_trivial', LANGUAGES[0].name].map(async (module) => {
      while (this.#going) {
        this.#asked += 1
        if (!(await query(port, { module }))?.text.includes('"results"')) this.#lost += 1
      }
    })
  }

  async stop(): Promise<{ asked: number; lost: number }> {
    this.#going = false
    await Promise.all(this.#all)
    return { asked: this.#asked, lost: this.#lost }
  }
}
