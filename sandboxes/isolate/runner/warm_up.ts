import { Cage, type Code } from './cage.ts'
import { CALLS } from './calls.ts'
import { NOBODY } from './cages.ts'
import { Pace } from './pace.ts'

const MODULE = 'var __module = { introspection: () => ({}), version: () => ({}), handler: () => ({}) }'
const HEAP_MB = 16

/**
 * Makes an isolate for no module and throws it away: what V8 has compiled for it, and the code of ours that has run, is there for the
 * module's own. Never rejects.
 */
export async function warmUp(guest: Code): Promise<void> {
  const bundle = { text: MODULE, cached: undefined }
  try {
    const limits = { ...CALLS, result: 1024, logBytes: 1024, logLines: 10 }
    const cage = await Cage.make({ guest, bundle, heapMb: HEAP_MB, limits, pace: new Pace() }, NOBODY)
    await cage.describe('none', 'expansion')
    cage.dispose()
  } catch (error) {
    console.error('a spare could not be warmed up:', error)
  }
}
