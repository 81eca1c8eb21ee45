import { AbortSignal } from './abort.ts'
import { answerTo, type Call } from './call.ts'
import { Request, type RequestInit } from './request.ts'
import { type Received, Response } from './response.ts'

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * The web's fetch, of one query: `signal` ends all its requests. What the host refuses or the network fails at is a TypeError, as the
 * standard has it, with the host's `code` (`denied`, `timeout`, `too_large`, `unreachable`, `bad_request`, `tls`).
 */
export function makeFetch(call: Call, signal?: AbortSignal): Fetch {
  let last = 0
  return async (input, init) => {
    const request = new Request(input as string | Request, init)
    const signals = [signal, request.signal].filter((each) => each !== undefined)
    for (const each of signals) each.throwIfAborted()
    const id = last += 1
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const abort = () => {
      // The host stops as well; nobody waits for it to say so.
      answerTo(call, 'fetch', { cancel: id }).catch(() => {})
      reject(AbortSignal.any(signals).reason as Error)
    }
    for (const each of signals) each.addEventListener('abort', abort, { once: true })
    answerTo(call, 'fetch', { id, ...await request.sent() }, (text) => new TypeError(text))
      .then((answer) => resolve(Response.received(answer as Received)), reject)
      .finally(() => {
        for (const each of signals) each.removeEventListener('abort', abort)
      })
    return await promise
  }
}
