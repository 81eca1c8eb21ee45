/**
 * The large parts of the guest's code that few modules need. Each is evaluated when somebody first asks for it, which may be after the
 * module has changed prototypes and globals: so they are computation only, for the module's own use, and hold nothing of the host's.
 */

/** Left for the bundler, which makes of each file a part of the bundle that is evaluated when it is first called. */
declare const require: {
  (name: 'whatwg-url'): typeof import('whatwg-url')
  (name: './hashes.ts'): typeof import('./hashes.ts')
}

/** The web's URL and URLSearchParams. */
export const urlClasses = () => require('whatwg-url')

/** SHA-1, SHA-256, SHA-384 and SHA-512: their constants are computed. */
export const hashes = () => require('./hashes.ts').HASHES
