import { ProblemDocument, QueryAnswer } from '../../host/http/api/schemas.ts'
import type { z } from 'zod'

export type Problem = z.infer<typeof ProblemDocument>
export type QueryAnswer = z.infer<typeof QueryAnswer>

/** An answer of /api/v1/modules/:name/query: its envelope or its problem, as the schemas have them. */
export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Throws where it is no envelope. */
  readonly answer: QueryAnswer
  /** Throws where it is no problem document. */
  readonly problem: Problem
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** What follows the address. */
  readonly search?: string
}

/** Asks a module by our own API. `body`: an object, or the text as it is sent. */
export async function askApi(url: (path: string) => string, module: string, body: object | string = {}, { headers = {}, search = '' }: AskOptions = {}): Promise<Asked> {
  const response = await fetch(url(`/api/v1/modules/${encodeURIComponent(module)}/query${search}`), {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  const type = response.headers.get('content-type')
  return {
    status: response.status,
    headers: response.headers,
    text,
    get answer() {
      if (type !== 'application/json') throw new Error(`expected an answer, found ${response.status} ${type}: ${text.slice(0, 1000)}`)
      return QueryAnswer.parse(JSON.parse(text))
    },
    get problem() {
      return problemIn(response, text)
    },
  }
}

/** Throws where it is no problem document. */
export function problemIn({ status, headers }: Response, text: string): Problem {
  if (headers.get('content-type')?.split(';')[0] !== 'application/problem+json') throw new Error(`expected a problem, found ${status}: ${text.slice(0, 1000)}`)
  const problem = ProblemDocument.parse(JSON.parse(text))
  if (problem.status !== status) throw new Error(`expected the status of the problem to be that of the answer, found ${problem.status} and ${status}`)
  return problem
}
