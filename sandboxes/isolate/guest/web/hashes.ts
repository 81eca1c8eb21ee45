/** What of a package's many hash functions the web has; see late.ts. */
export { sha1 } from '@noble/hashes/legacy.js'
export { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
