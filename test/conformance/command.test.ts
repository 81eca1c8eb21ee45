import { fileURLToPath } from 'node:url'
import { testCommandRuntime } from '../support/command_shim.ts'
import { conformance } from './suite.ts'

const runtime = await testCommandRuntime()

for (const form of ['once', 'frames'] as const) {
  conformance({
    name: `command/${form}`,
    runtime,
    root: fileURLToPath(new URL(`../fixtures/cast/command/${form}`, import.meta.url)),
    ending: '.module.json',
    keepsGlobals: form === 'frames',
    echoes: (body) => body.toString('base64'),
    leaving: form === 'once' ? 'MODULE_THREW' : 'MODULE_CRASHED',
    exit: /7/,
    // Its stdout is its answer, or carries its frames.
    printed: ['printed on stderr'],
    atOnce: 1,
    outlivesDeadlines: false,
    seesMachine: true,
  })
}
