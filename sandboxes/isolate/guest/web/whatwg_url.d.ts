/** The part of the packages that is used; they have no types of their own. */
declare module 'whatwg-url' {
  export const URL: typeof globalThis.URL
  export const URLSearchParams: typeof globalThis.URLSearchParams
}

declare module 'punycode/punycode.js' {
  const punycode: { encode: (text: string) => string; decode: (text: string) => string }
  export default punycode
}
