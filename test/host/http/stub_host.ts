import pino from 'pino'
import { inTime, MARGIN } from '../../../host/dispatch/deadline.ts'
import { makeStatistics } from '../../../host/dispatch/statistics.ts'
import { listen } from '../../../host/http/listen.ts'
import { compatAnswer } from '../../../host/http/problem.ts'
import { createServer } from '../../../host/http/server.ts'
import type { Pieces } from '../../../host/http/pieces.ts'
import { makeCatalogue } from '../../../host/registry/catalogue.ts'
import type { LoadedModule } from '../../../host/registry/catalogue.ts'
import type { Ask, ModuleSettings, Query, Result } from '../../../sandboxes/contract.ts'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'

export interface StubHost extends AsyncDisposable {
  readonly port: number
  readonly asked: Query[]
  /** The lines of the log, parsed. */
  readonly lines: Record<string, unknown>[]
}

export interface StubOptions extends Partial<Pick<Pieces, 'version' | 'bytes' | 'debug' | 'margin' | 'listenName' | 'beyond'>> {
  /** Stands for everything behind the statistics layer; by default it answers with an empty result. */
  readonly ask?: Ask
  readonly modules?: readonly string[]
  readonly timeout?: number
}

/** The HTTP side alone: the routes and the sockets are real, what answers a query is a function given by the test. */
export async function startStub(options: StubOptions = {}): Promise<StubHost> {
  const lines: Record<string, unknown>[] = []
  const asked: Query[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
  const catalogue = makeCatalogue((options.modules ?? ['echo', 'dns']).map(loaded), [])
  const statistics = makeStatistics({ catalogue: () => catalogue, answerBytes: (failure) => compatAnswer(failure).body.length })
  const answering = options.ask ?? (() => Promise.resolve(result('{"results":[]}')))
  const ask: Ask = statistics.layer(inTime((query) => {
    asked.push(query)
    if (!catalogue.loaded.has(query.module)) return Promise.reject(new QueryFailure('UNKNOWN_MODULE', `no module '${query.module}'`))
    return answering(query)
  }))
  const settings: ModuleSettings = {
    enabled: true, timeout: options.timeout ?? 300, env: {},
    limits: { runners: 1, memoryMb: 1, outputBytes: 1, logBytes: 1, logLines: 1 },
    egress: ANY_PUBLIC,
    processes: false,
    warm: false,
  }
  const { handle } = await createServer({
    tenant: 'local', margin: MARGIN, listenName: '127.0.0.1', debug: 'off', version: () => '3.1.0', bytes: { take: () => true, give: () => {} }, answers: { hold: () => {}, give: () => {} }, unreadMs: 300_000,
    ...options,
    catalogue: () => catalogue, ask, statistics, log, settings: () => settings,
  })
  const listening = await listen({ name: '127.0.0.1', port: 0, handle, log })
  return { port: listening.port, asked, lines, [Symbol.asyncDispose]: () => listening.close(0) }
}

export function result(text: string, outcome: Result['outcome'] = 'success'): Result {
  const body = Buffer.from(text)
  return { outcome, body: [body], bodyBytes: body.length }
}

function loaded(name: string): LoadedModule {
  const entry = JSON.stringify({ name, type: 'expansion', mispattributes: { input: ['text'] }, meta: { 'author': 'A', 'module-type': ['expansion'] } })
  return {
    source: { name, type: 'expansion', file: `/${name}.py`, root: '/', builtin: false, runtime: 'stub' },
    introspection: { entry, heavy: false, files: [] },
    content: undefined,
    version: '1',
  }
}
