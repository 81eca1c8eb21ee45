/**
 * `npm test`: provides what the tests need, then runs everything and stops at the first step that fails. With arguments, which
 * are vitest's, it runs vitest alone.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findAccount } from '../host/ground/runner_account.ts'
import { cacheFolder } from './setup/cache.ts'
import { CHECKS } from './setup/checks.ts'
import { describeOnce } from './setup/described.ts'
import { examples } from './setup/examples.ts'
import { providePython } from './setup/python_environment.ts'
import { SetupFailure } from './setup/setup_failure.ts'
import { withOwnNode, type Counts, type Place, type Step } from './setup/step.ts'
import { provideSystemPackages } from './setup/system.ts'
import { UNITTESTS } from './setup/unittests.ts'
import { vitest } from './setup/vitest.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)

try {
  const place = await setUp()
  const steps = args.length > 0 ? [vitest(args)] : [...CHECKS, UNITTESTS, vitest(), ...examples(project)]
  const counts = await runAll(steps, place)
  say(closingLine(counts))
  process.exitCode = counts.failed === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error
  say(error.message)
  process.exitCode = 1
}

async function setUp(): Promise<Place> {
  const { env } = process
  // As the host does: started as root, modules run as nobody.
  const runner = process.getuid?.() === 0 ? findAccount('nobody') : undefined
  await provideSystemPackages(say)
  const cache = await cacheFolder(project, env['MISP_TEST_CACHE'], runner)
  const state = join(cache, 'state')
  const python = await providePython({ wish: env['MISP_TEST_PYTHON'], state, environment: env, runner, say })
  say(`modules run on ${python}`)
  const place = { project, environment: { ...withOwnNode(env, project), MISP_TEST_PYTHON: python, MISP_TEST_CACHE: cache } }
  await describeOnce(place, cache, python)
  return place
}

async function runAll(steps: readonly Step[], place: Place): Promise<Counts> {
  let sum: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const step of steps) {
    say(`\n--- ${step.name}`)
    const started = performance.now()
    const { passed, failed, skipped } = await step.run(place)
    say(`--- ${step.name}: ${failed === 0 ? 'ok' : 'FAILED'}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
    sum = { passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped }
    if (failed > 0) break
  }
  return sum
}

function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
