import { applyTo, constructAs, defineProperty } from './primordials.ts'

/**
 * Takes away what holds memory outside of the isolate's heap, where no limit counts it: shared and growable buffers, WebAssembly, and
 * the option that makes an ArrayBuffer growable. And what is called when something has been collected, which is in nobody's time.
 */
export function strip(target: typeof globalThis): void {
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'console']) delete (target as Record<string, unknown>)[name]
  const Original = target.ArrayBuffer
  // Named as what it stands for.
  // oxlint-disable-next-line typescript/unbound-method -- a constructor
  const Fixed = { ArrayBuffer: function (this: unknown, length: number) {
    if (new.target === undefined) return applyTo(Original as unknown as () => never, undefined, [])
    return constructAs(Original, [length], new.target)
  } }.ArrayBuffer
  // oxlint-disable-next-line typescript/unbound-method -- it needs no object
  const { isView, prototype } = Original
  defineProperty(Fixed, 'isView', { value: isView, writable: true, configurable: true })
  defineProperty(Fixed, Symbol.species, { get(this: unknown) { return this }, configurable: true })
  defineProperty(Fixed, 'prototype', { value: prototype, writable: false })
  defineProperty(prototype, 'constructor', { value: Fixed, writable: true, configurable: true })
  defineProperty(target, 'ArrayBuffer', { value: Fixed, writable: true, configurable: true })
}
