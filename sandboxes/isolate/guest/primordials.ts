/**
 * What the trusted part of an isolate uses, taken before any code of the module has run: whatever the module does to prototypes and
 * globals afterwards, this stays as it is.
 */

const { apply, construct, ownKeys: keysOf, defineProperty: define } = Reflect

/** `method` as a function that takes its `this` as the first argument. */
export function uncurried<This, Args extends unknown[], Value>(method: (this: This, ...args: Args) => Value): (self: This, ...args: Args) => Value {
  return (self, ...args) => apply(method, self, args) as Value
}

export const applyTo = apply
export const constructAs = construct
export const ownKeys = keysOf
export const defineProperty = define
export const { parse, stringify } = JSON
export const { create, freeze, getPrototypeOf } = Object
export const { isArray } = Array
export const { isFinite: isFiniteNumber } = Number
export const { min, max } = Math
export const now = Date.now
export const toText = String
export const PromiseOf = Promise
export const ErrorOf = Error
export const RangeErrorOf = RangeError
export const TypeErrorOf = TypeError
// oxlint-disable-next-line typescript/unbound-method -- it is given its object with each call
export const slice = uncurried(String.prototype.slice) as (text: string, from: number, to?: number) => string
// Not `split`, which asks the prototype of texts for `Symbol.split`.
// oxlint-disable-next-line typescript/unbound-method -- it is given its object with each call
export const indexOf = uncurried(String.prototype.indexOf) as (text: string, what: string, from: number) => number

