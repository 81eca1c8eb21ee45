import type { Context, Dns, Log, MispModule } from './sdk.js'

export interface AskOptions {
  /** Stands for the network; Node's own where it is left out. */
  readonly fetch?: Context['fetch']
  /** Stands for the resolver: one that answers what a test wants; Node's `dns/promises` where it is left out. */
  readonly dns?: Dns | { resolve(name: string, type: string): Promise<unknown> }
  /** Settings, beside those in `query.config`. */
  readonly config?: Readonly<Record<string, string>>
  /** Milliseconds until `context.signal` is aborted, and the question with it. 10 s where it is left out. */
  readonly timeoutMs?: number
  /** Where the module's lines go; nowhere where it is left out. */
  readonly log?: Log
}

/**
 * Asks a module as a host would, in plain Node and without one: for unit tests. `module` is a module's default export, or all its
 * exports. Both query and answer pass through JSON, as they do in a host. Rejects with what the handler throws, and with an error named
 * TimeoutError where it does not answer in time.
 *
 *     import { ask } from 'misp-module-host/sdk/testing'
 *     import shout from './shout.ts'
 *
 *     await ask(shout, { text: 'hello' })    // { results: [{ types: ['text'], values: ['HELLO'] }] }
 */
export function ask<Answer>(
  module: MispModule<Answer> | { readonly default: MispModule<Answer> }, query: Readonly<Record<string, unknown>>, options?: AskOptions,
): Promise<Answer>
export function ask(module: object, query: Readonly<Record<string, unknown>>, options?: AskOptions): Promise<unknown>
