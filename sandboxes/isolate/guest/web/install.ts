import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js'
import { AbortController, AbortSignal, clockOfSignals } from './abort.ts'
import { atob, btoa } from './base64.ts'
import type { LatePart } from '../../late_parts.ts'
import type { Call } from './call.ts'
import { digest } from './digest.ts'
import { DOMException } from './dom_exception.ts'
import { Headers } from './headers.ts'
import { hashes, urlClasses } from './late.ts'
import { makeRandom, randomFunctions } from './random.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { structuredClone } from './structured_clone.ts'
import { makeTimers } from './timers.ts'

export interface WebOptions {
  /** Where random numbers come from: 32 random bytes or more in hexadecimal, of each isolate its own. Absent: there are none. */
  readonly seed?: string
  /** Hears of what a timer's function throws. */
  readonly report?: (error: unknown) => void
}

/** Names of everything that `installWeb` defines. */
export const WEB_GLOBALS = [
  'AbortController', 'AbortSignal', 'DOMException', 'Headers', 'Request', 'Response', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams',
  'atob', 'btoa', 'clearTimeout', 'crypto', 'queueMicrotask', 'setTimeout', 'structuredClone',
] as const

export interface Web {
  /** A query is over: its timers are forgotten. */
  readonly forgetTimers: () => void
  /** Evaluates a part of this before the module's code runs. */
  readonly evaluate: (part: LatePart) => void
}

/**
 * Defines the web's globals on a global object, as a browser has them: writable, not listed. They are for the module, which may
 * change them; nothing of the host's depends on them.
 */
export function installWeb(target: object, call: Call, { seed, report = () => {} }: WebOptions = {}): Web {
  const timers = makeTimers(call, report)
  clockOfSignals(timers)
  const globals = {
    AbortController, AbortSignal, DOMException, Headers, Request, Response, TextDecoder, TextEncoder, atob, btoa, structuredClone,
    setTimeout: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      if (typeof run !== 'function') throw new TypeError(`expected a function to run later, found ${typeof run}`)
      return timers.set(() => run(...args), ms)
    },
    clearTimeout: (id?: number) => timers.clear(id as number),
    queueMicrotask: (run: () => void) => {
      if (typeof run !== 'function') throw new TypeError(`expected a function to run later, found ${typeof run}`)
      Promise.resolve().then(run).catch(report)
    },
    crypto: Object.freeze({ ...randomFunctions(makeRandom(seed)), subtle: Object.freeze({ digest }) }),
  }
  for (const [name, value] of Object.entries(globals)) define(target, name, { value, writable: true })
  for (const name of ['URL', 'URLSearchParams'] as const) lazily(target, name, () => urlClasses()[name])
  return {
    forgetTimers: timers.forget,
    evaluate: (part) => {
      if (part === 'hashes') hashes()
      else for (const name of ['URL', 'URLSearchParams'] as const) define(target, name, { value: urlClasses()[name], writable: true })
    },
  }
}

function define(target: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, name, { ...descriptor, configurable: true, enumerable: false })
}

function lazily(target: object, name: string, make: () => unknown): void {
  const become = (value: unknown) => define(target, name, { value, writable: true })
  define(target, name, {
    get() {
      const value = make()
      become(value)
      return value
    },
    set: become,
  })
}
