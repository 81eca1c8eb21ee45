import { fileURLToPath } from 'node:url'
import type { Children } from './children.ts'
import type { FromWorker, LoadJob, LoadResult } from './load_job.ts'

const WORKER = fileURLToPath(new URL('load_worker.ts', import.meta.url))

/** Sends load from a process of its own; one job at a time. */
export class Load {
  readonly #child
  readonly #jobs = new Map<number, PromiseWithResolvers<LoadResult>>()
  #next = 0

  constructor(children: Children) {
    this.#child = children.start(process.execPath, [WORKER], { channel: true })
    this.#child.process.on('message', ({ id, result }: FromWorker) => {
      this.#jobs.get(id)?.resolve(result)
      this.#jobs.delete(id)
    })
    this.#child.process.on('exit', () => {
      for (const job of this.#jobs.values()) job.reject(new Error(`the load worker ended: ${this.#child.log()}`))
    })
  }

  /** Rejects when the worker ends. What went wrong with the requests is in the result. */
  run(job: LoadJob): Promise<LoadResult> {
    const settled = Promise.withResolvers<LoadResult>()
    this.#next += 1
    this.#jobs.set(this.#next, settled)
    this.#child.process.send({ id: this.#next, job })
    return settled.promise
  }

  /** As `run`; rejects when an answer was lost or was not the right one. */
  async runRight(job: LoadJob): Promise<LoadResult> {
    const result = await this.run(job)
    const { answered, failed, wrong, odd } = result
    if (failed + wrong > 0 || answered === 0) {
      throw new Error(`of ${answered + failed} requests ${failed} failed and ${wrong} had another answer, such as: ${odd ?? 'none'}`)
    }
    return result
  }
}

export function perSecond({ answered, ms }: LoadResult): number {
  return (answered * 1000) / ms
}
