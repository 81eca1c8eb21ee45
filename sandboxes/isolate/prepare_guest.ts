import { readFileSync, writeFileSync } from 'node:fs'
import { createContext, Script, constants } from 'node:vm'
import type { boot } from './guest/boot.ts'
import type { GuestLimits } from './guest/limits.ts'
import { cacheOf } from './guest_cache.ts'

/**
 * Makes of the guest's bundle the script that runners evaluate, whose value is `boot`, and leaves beside it what V8 makes of it. It is
 * taken after a first query, when the functions that every isolate needs have been compiled: that takes longer than to run them.
 */
export async function finishGuest(file: string): Promise<void> {
  // Functions of strict code are not given away by stacks, nor by those they call.
  const text = `(() => {"use strict";${readFileSync(file, 'utf8')}\nreturn __guest.boot})()`
  writeFileSync(file, text)
  const script = new Script(text)
  await useOnce(script.runInContext(createContext(constants.DONT_CONTEXTIFY)) as typeof boot)
  writeFileSync(cacheOf(file), script.createCachedData())
}

/** What becoming a module and a query of it run through. */
async function useOnce(begin: typeof boot): Promise<void> {
  const { promise: answered, resolve } = Promise.withResolvers<void>()
  const enter = begin(() => resolve(), () => {}, () => {}, JSON.stringify(LIMITS), '')
  enter('adopt', { default: { introspection: () => ({}), version: () => ({}), handler: () => ({}) } })
  enter('describe', 'module', 'expansion')
  enter('ask', '{}')
  await answered
  enter('expire')
}

const LIMITS: GuestLimits = { calls: 1, inFlight: 1, timers: 1, timersInFlight: 1, argument: 1, result: 1000, logBytes: 1, logLines: 1 }
