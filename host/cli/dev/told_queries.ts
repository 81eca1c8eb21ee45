import { checkAnswer } from '../../check/answer.ts'
import type { Entry } from '../../check/attributes.ts'
import { findings } from '../../check/finding.ts'
import type { Knowledge } from '../../check/knowledge.ts'
import type { Times, Watch, Watched } from '../../dispatch/watched.ts'
import type { Ask, Query, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'
import { milliseconds } from './dev_log.ts'
import type { Print } from './print.ts'
import { shownAnswer, shownRequest } from './shown_body.ts'

export interface ToldQueriesOptions {
  readonly print: Print
  readonly watched: Watched
  /** What the module that is served now says of itself. */
  readonly entryOf: (module: string) => Entry | undefined
  readonly known: () => Knowledge
  /** Show values of settings as well. */
  readonly secrets: boolean
}

/** A layer that tells of each query what the module got, what it gave, how long that took, and what MISP would show. */
export class ToldQueries {
  readonly #options: ToldQueriesOptions
  readonly #modules = new Map<string, string>()

  constructor(options: ToldQueriesOptions) {
    this.#options = options
  }

  /** Module that a query of late is about, by the query's id. */
  moduleOf(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#modules.get(id)
  }

  readonly layer = (next: Ask): Ask => async (query) => {
    const { print, entryOf, secrets } = this.#options
    const { id, module, body } = query
    const entry = entryOf(module)
    this.#remember(id, module)
    print('query', `${module}  ${shownRequest(body, { entry, secrets })}`)
    using watch = this.#watch(query)
    const began = performance.now()
    const took = (): string => `${milliseconds(performance.now() - began)}${parts(watch?.times)}`
    try {
      const result = await next(query)
      print('answer', `${module}  ${took()}  ${shownAnswer(result.body)}`)
      if (entry !== undefined) this.#judge(entry, query, result)
      return result
    } catch (failure) {
      print('failed', `${module}  ${took()}  ${failureText(failure)}`)
      throw failure
    }
  }

  #remember(id: string, module: string): void {
    this.#modules.set(id, module)
    const [oldest] = this.#modules.keys()
    if (this.#modules.size > MOST_REMEMBERED && oldest !== undefined) this.#modules.delete(oldest)
  }

  /** undefined: a route of ours watches it already. */
  #watch(query: Query): Watch | undefined {
    try {
      return this.#options.watched.watch(query, { lines: 0, bytes: 0 })
    } catch {
      return undefined
    }
  }

  #judge(entry: Entry, { body }: Query, result: Result): void {
    const { print, known } = this.#options
    const say = findings()
    try {
      const [asked, answer] = [body, result.body].map((chunks) => JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>)
      const shows = checkAnswer({ entry, body: asked ?? {}, answer, known: known(), say })
      print('note', `MISP would show: ${shows.join('; ')}`)
      for (const { severity, about, message } of say.all) print(severity, `${about}: ${message}`)
    } catch {
      print('error', 'the answer is empty or no JSON: MISP says that the service cannot be reached')
    }
  }
}

const MOST_REMEMBERED = 1000

function parts(times: Times | undefined): string {
  if (times?.runMs === undefined) return ''
  const { queueMs, startMs, runMs } = times
  const waited = [...(queueMs >= 1 ? [`waited ${milliseconds(queueMs)}`] : []), ...(startMs >= 1 ? [`started ${milliseconds(startMs)}`] : [])]
  return waited.length === 0 ? '' : ` (${[...waited, `ran ${milliseconds(runMs)}`].join(', ')})`
}

function failureText(failure: unknown): string {
  if (!(failure instanceof QueryFailure)) return String(failure)
  const { code, message, trace } = failure
  return `${code}: ${message}${trace === undefined ? '' : `\n${trace}`}`
}
