import { fileURLToPath } from 'node:url'
import { strictProfile, strictPython } from '../../support/profiles.ts'
import { conformance } from '../suite.ts'

const profile = await strictProfile()

for (const form of ['forkserver', 'single'] as const) {
  const runtime = await strictPython(profile, form)
  conformance({
    name: `strict python/${form}`,
    profile,
    runtime: () => runtime,
    root: fileURLToPath(new URL('../../fixtures/cast/python', import.meta.url)),
    ending: '.py',
    echoes: (body) => body.toString('base64'),
    keepsGlobals: false,
    exit: /7/,
    printed: ['printed on stderr', 'printed on stdout', 'written to descriptor 1'],
    atOnce: 1,
    outlivesDeadlines: false,
    seesMachine: true,
  })
}
