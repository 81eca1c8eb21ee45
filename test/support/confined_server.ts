import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from './our_server.ts'
import type { Listening, StartOptions } from './server_pair.ts'

/** What the profile trusted gives to every module. */
const TRUSTED_LIMITS = { timeout: 300, cpuSeconds: 1200, runners: 32, memoryMb: 1024, outputMb: 1024, fileMb: 1024, descriptors: 1024, logLines: 1000, logKb: 64 }

/** A server of ours in the profile strict with the budgets of trusted. `modules`: entries of the configuration; no other modules are served. */
export async function startConfined(modules: Readonly<Record<string, object>>, options: StartOptions): Promise<Listening> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'confined-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify({ limits: TRUSTED_LIMITS, modules: { '*': { enabled: false }, ...modules } }))
  const server = opened.use(await startServer({ ...options, args: ['--profile', 'strict', '--config', file] }))
  const running = opened.move()
  return { port: server.port, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
