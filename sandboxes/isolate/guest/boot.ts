import type { LatePart } from '../late_parts.ts'
import { answerTo } from './answer.ts'
import { Calls } from './calls.ts'
import { makeContext } from './context.ts'
import type { GuestLimits, HostFunctions } from './limits.ts'
import { makeConsole, makeContextLog, makeLog } from './log.ts'
import { adopt, describe, type GuestModule } from './module.ts'
import { applyTo, defineProperty, freeze, parse } from './primordials.ts'
import { strip } from './strip.ts'
import { traceOf } from './text_of.ts'
import type { Call } from './web/call.ts'
import { makeDns } from './web/dns.ts'
import { installWeb } from './web/install.ts'

/** The one function by which the runner enters an isolate: each reference that it keeps takes a turn of the isolate to get. */
export type Enter = <Entry extends keyof Entries>(entry: Entry, ...args: Parameters<Entries[Entry]>) => ReturnType<Entries[Entry]>

/** What the runner may ask of an isolate; all take and return primitive values. */
export interface Entries {
  /** Evaluates a part of the guest's code that the module is going to need. Before `adopt`. */
  need(part: LatePart): void
  /** Takes the bundle's namespace. Returns nothing, or why it is no module. */
  adopt(namespace: Record<string, unknown>): string | undefined
  /** `+` and the module's entry as JSON, or `-` and a stack. */
  describe(name: string, type: string): string
  /** Begins a query, whose answer comes by `HostFunctions.answer`. */
  ask(body: string): void
  /** The host's reply to a call. */
  settle(id: number, reply: string): void
  /** The query's time is nearly over. */
  expire(): void
}

/**
 * Makes an isolate's global scope ready for a module, before any of its code has run, and returns the trusted function by which the
 * runner enters. `limits` is JSON of GuestLimits; `seed` is hexadecimal, a secret that random numbers are made from.
 */
export function boot(answer: HostFunctions['answer'], call: HostFunctions['call'], log: HostFunctions['log'], limitsText: string, seed: string): Enter {
  const limits = parse(limitsText) as GuestLimits
  const host: HostFunctions = { answer, call, log }
  strip(globalThis)
  const written = makeLog(host, limits)
  const calls = new Calls(host, limits)
  define('console', makeConsole(written))
  const callHost: Call = (kind, argument) => calls.call(kind, argument)
  const web = installWeb(globalThis, callHost, { seed, report: (error) => written.write([error], 'in a timer: ') })
  const dns = freeze(makeDns(callHost))
  const contextLog = makeContextLog(written)
  let module: GuestModule | undefined
  let expire = () => {}
  const entries: Entries = {
    need: (part) => web.evaluate(part),
    adopt(namespace) {
      try {
        module = adopt(namespace)
        return undefined
      } catch (error) {
        return traceOf(error)
      }
    },
    describe(name, type) {
      try {
        return `+${describe(module as GuestModule, name, type)}`
      } catch (error) {
        return `-${traceOf(error)}`
      }
    },
    ask(body) {
      written.begin()
      calls.begin()
      web.forgetTimers()
      void answerTo(body, (query) => {
        const made = makeContext(query, { log: contextLog, dns, call: callHost })
        expire = made.expire
        return (module as GuestModule).handler(query, made.context)
      }, { ...host, answer: (outcome, payload) => {
        calls.end()
        expire = () => {}
        answer(outcome, payload)
      } }, limits)
    },
    settle: (id, reply) => calls.settle(id, reply),
    expire: () => expire(),
  }
  return (entry, ...args) => applyTo(entries[entry] as (...args: unknown[]) => never, undefined, args)
}

function define(name: string, value: unknown): void {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
}
