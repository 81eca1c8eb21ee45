import { fileURLToPath } from 'node:url'
import { testCommandRuntime } from '../support/command_shim.ts'
import { conformance } from './suite.ts'

const runtime = await testCommandRuntime()
const castOf = (form: string) => fileURLToPath(new URL(`../fixtures/cast/command/${form}`, import.meta.url))
// Its stdout is its answer, or carries its frames.
const traits = { ending: '.module.json', printed: ['printed on stderr'] }

conformance('command/once', runtime, castOf('once'), { ...traits, keepsGlobals: false, leaving: 'MODULE_THREW' })
conformance('command/frames', runtime, castOf('frames'), traits)
