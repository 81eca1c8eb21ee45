import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellWord } from '../../sandboxes/shell_word.ts'
import type { Config } from '../config/config.ts'
import { LANGUAGES, type LanguageName } from './new/languages.ts'
import { checkName } from './new/module_name.ts'
import { writeModule, type NewModule } from './new/write_module.ts'
import { plainTable } from './table.ts'

export interface NewCommand extends Omit<NewModule, 'root'> {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly python: Config['python']['path']
  /** `--root`, as it was given. */
  readonly root: string
}

/** `new`: writes a module that works and its test, and says what to do next. Throws UsageError. */
export function newModule({ name, type, language, root, environment, python }: NewCommand): void {
  checkName(name)
  const absolute = resolve(root)
  const written = writeModule({ name, type, language, root: absolute })
  const shown = (path: string): string => shortest(join(absolute, path))
  const [module = { path: '' }] = written
  const inside = isInside()
  const self = ownCommand(inside)
  const program = interpreter(language, { inside, environment, python })
  const steps = [
    [`${self} dev ${shellWord(shown('.'))}`, 'serves it; what you save is served a moment later'],
    [`${self} check ${shellWord(shown(module.path))}`, 'what MISP would make of it'],
    [`${program} ${shellWord(shown(LANGUAGES[language].test(name)))}`, 'its test'],
  ]
  process.stdout.write([
    `${plainTable({ head: ['written', ''], rows: written.map(({ path, what }) => [shown(path), what]), columns: undefined })}\n`,
    '\nNext:\n',
    ...steps.map(([command, what]) => `  ${command}\n      ${what}\n`),
    ...warnings(language).map((warning) => `\n${warning}\n`),
  ].join(''))
}

/** Relative where that is shorter. */
function shortest(path: string): string {
  const from = relative(process.cwd(), path) || '.'
  return from.length < path.length ? from : path
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

function isInside(): boolean {
  const checkout = dirname(dirname(MAIN))
  return process.cwd() === checkout || process.cwd().startsWith(join(checkout, '/'))
}

/** How this program is called from here. */
function ownCommand(inside: boolean): string {
  return inside ? 'npx misp-module-host' : `${shellWord(process.execPath)} ${shellWord(MAIN)}`
}

interface Here extends Pick<NewCommand, 'environment' | 'python'> {
  /** Whether npx finds the checkout's own programs. */
  readonly inside: boolean
}

function interpreter(language: LanguageName, { inside, environment, python }: Here): string {
  // npx has put the checkout's Node on PATH, where whoever types the command next may have an older one.
  if (language === 'typescript' && inside) return 'npx node --test'
  if (language === 'typescript') return `${isOnPath('node', environment['PATH']) ? 'node' : shellWord(process.execPath)} --test`
  return language === 'python' ? shellWord(python ?? 'python3') : 'perl'
}

/** Whether that name on PATH is the Node that runs this: an older one does not take TypeScript. */
function isOnPath(name: string, path = ''): boolean {
  const found = path.split(delimiter).map((folder) => join(folder, name)).find((file) => existsSync(file))
  return found !== undefined && realpathSync(found) === realpathSync(process.execPath)
}

function warnings(language: LanguageName): string[] {
  if (language !== 'command') return []
  try {
    execFileSync('perl', ['-MJSON::PP', '-MTest::More', '-e', '1'], { stdio: 'ignore' })
    return []
  } catch {
    return ['The program is written in Perl, which is not installed here in full: apt-get install -y perl']
  }
}
