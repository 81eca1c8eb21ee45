import { fileURLToPath } from 'node:url'
import { testIsolates } from '../../support/isolates.ts'
import { strictProfile } from '../../support/profiles.ts'
import { conformance } from '../suite.ts'

const profile = await strictProfile()
// V8 gives up on what `exits` does: with less memory it would be ended before that.
const runtime = await testIsolates({ offHeapMb: 4096 }, profile)

conformance({
  name: 'strict isolate',
  profile,
  runtime: () => runtime,
  root: fileURLToPath(new URL('../../fixtures/cast/isolate', import.meta.url)),
  ending: '.ts',
  // A value, and not its bytes: whole numbers beyond 2^53 are what JavaScript makes of them.
  echoes: (body) => JSON.stringify(JSON.parse(body.toString())),
  keepsGlobals: false,
  exit: /SIGTRAP/,
  printed: ['printed on stderr', 'printed on stdout', 'written to the log'],
  atOnce: 1,
  outlivesDeadlines: false,
  seesMachine: false,
})
