import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../support/our_server.ts'
import type { Answer } from './case.ts'
import { SHIPPED_ROOT } from './shipped_modules.ts'

export interface ShippedHost extends AsyncDisposable {
  /** What `POST /query` answers. */
  ask(module: string, query: Readonly<Record<string, unknown>>): Promise<Answer>
  readonly port: number
}

/** A host with the shipped modules, which may reach this machine. */
export async function startShippedHost(): Promise<ShippedHost> {
  const folder = await mkdtemp(join(tmpdir(), 'shipped-'))
  await chmod(folder, 0o755)
  const config = join(folder, 'config.json')
  await writeFile(config, JSON.stringify({ modules: { '*': { networks: ['127.0.0.0/8'] } } }))
  const server = await startServer({ args: ['--modules', SHIPPED_ROOT, '--config', config] })
  return {
    port: server.port,
    async ask(module, query) {
      const body = JSON.stringify({ module: module.split('/')[1], ...query })
      const response = await fetch(`http://127.0.0.1:${server.port}/query`, { method: 'POST', body })
      const answer = (await response.json()) as Answer
      if (answer.error?.startsWith('Something went wrong') === true) throw new Error(`${module} failed: ${server.log().slice(-3000)}`)
      return answer
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
