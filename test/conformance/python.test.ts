import { fileURLToPath } from 'node:url'
import { pythonRuntime } from '../../sandboxes/python/runtime.ts'
import { testPython } from '../support/python.ts'
import { conformance } from './suite.ts'

const cast = fileURLToPath(new URL('../fixtures/cast/python', import.meta.url))
const runnerFolder = process.env['RUNNER_FOLDER'] ?? fileURLToPath(new URL('../../sandboxes/python', import.meta.url))

for (const form of ['forkserver', 'single'] as const) {
  const runtime = () =>
    pythonRuntime({ python: testPython(), runnerFolder, form, descriptors: 1024, fileMb: 64, debugHttp: false })
  conformance(`python/${form}`, runtime, cast)
}
