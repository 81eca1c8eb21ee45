import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'

/** What of a package's many hash functions the web has; see late.ts. */
export const HASHES = { sha1, sha256, sha384, sha512 }
