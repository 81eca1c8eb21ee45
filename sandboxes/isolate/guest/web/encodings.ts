/** What of a package the web has; see late.ts. */
export { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js'
