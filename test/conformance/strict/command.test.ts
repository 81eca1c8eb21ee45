import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testCommandRuntime } from '../../support/command_shim.ts'
import { strictProfile } from '../../support/profiles.ts'
import { conformance } from '../suite.ts'

const profile = await strictProfile()
const runtime = await testCommandRuntime(profile)

for (const form of ['once', 'frames'] as const) {
  conformance({
    name: `strict command/${form}`,
    profile,
    runtime,
    root: selfContained(form),
    ending: '.module.json',
    keepsGlobals: false,
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

/** The cast of one form with what both share: a cell sees its module's root and nothing beside it. */
function selfContained(form: string): string {
  const cast = fileURLToPath(new URL('../../fixtures/cast/command', import.meta.url))
  const root = mkdtempSync(join(tmpdir(), 'strict-command-'))
  chmodSync(root, 0o755)
  cpSync(join(cast, form), root, { recursive: true })
  cpSync(join(cast, 'lib'), join(root, 'lib'), { recursive: true })
  const folder = join(root, 'expansion')
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.pl'))) {
    const file = join(folder, name)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/../../lib/', '/../lib/'))
  }
  return root
}
