import { fileURLToPath } from 'node:url'
import { pythonRuntime } from '../../sandboxes/python/runtime.ts'
import { testPython } from '../support/python.ts'
import { conformance } from './suite.ts'

const cast = fileURLToPath(new URL('../fixtures/cast/python', import.meta.url))
const runnerFolder = process.env['RUNNER_FOLDER'] ?? fileURLToPath(new URL('../../sandboxes/python', import.meta.url))

for (const form of ['forkserver', 'single'] as const) {
  conformance({
    name: `python/${form}`,
    runtime: () => pythonRuntime({ python: testPython(), runnerFolder, form, descriptors: 1024, fileMb: 64, debugHttp: false }),
    root: cast,
    ending: '.py',
    echoes: (body) => body.toString('base64'),
    exit: /7/,
    printed: ['printed on stderr', 'printed on stdout', 'written to descriptor 1'],
    atOnce: 1,
    outlivesDeadlines: false,
    seesMachine: true,
  })
}
