/**
 * The parts of the guest's code that take long to evaluate. That is done before the module's code runs where it mentions what needs them,
 * see late_parts.ts; else when somebody first asks for one, which may be after the module has changed prototypes and globals. So they are
 * computation only, for the module's own use, and hold nothing of the host's.
 */

/** Left for the bundler, which makes of each file a part of the bundle that is evaluated when it is first called. */
declare const require: {
  (name: 'whatwg-url'): typeof import('whatwg-url')
  (name: './hashes.ts'): typeof import('./hashes.ts')
}

/** The web's URL and URLSearchParams. */
export const urlClasses = () => require('whatwg-url')

/** SHA-1, SHA-256, SHA-384 and SHA-512. */
export const hashes = () => (made ??= require('./hashes.ts').HASHES)
let made: typeof import('./hashes.ts').HASHES | undefined
