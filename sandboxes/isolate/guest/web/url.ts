/** Left for the bundler, which makes of it a part of the bundle that is evaluated when it is first called. */
declare const require: (name: 'whatwg-url') => typeof import('whatwg-url')

/** The web's URL and URLSearchParams, loaded when somebody first needs one: most of the guest's code is theirs. */
export function urlClasses(): typeof import('whatwg-url') {
  return require('whatwg-url')
}

export function isSearchParams(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object URLSearchParams]'
}
