import type { ModuleType } from '../../../sandboxes/contract.ts'

/** One file of a new module. Its text is a file of templates/, which is a module of its own that tests run. */
export interface TemplateFile {
  /** Below templates/. */
  readonly template: string
  /** Below the module root. */
  readonly path: string
  readonly what: string
  readonly mode: number
}

export interface Language {
  /** The module, then its test, which lies where nothing is looked for: a test in Python would be taken for a module. */
  readonly files: (type: ModuleType, name: string) => readonly TemplateFile[]
  /** The test, below the module root. */
  readonly test: (name: string) => string
}

const TEXT = 0o644
const PROGRAM = 0o755

/** What `new` can write, by the word for it. */
export const LANGUAGES = {
  typescript: {
    files: (type, name) => [
      { template: `typescript/${type}/example_module.ts`, path: `${type}/${name}.ts`, what: 'the module', mode: TEXT },
      { template: `typescript/tests/${type}.test.ts`, path: `tests/${name}.test.ts`, what: 'its test', mode: TEXT },
    ],
    test: (name) => `tests/${name}.test.ts`,
  },
  python: {
    files: (type, name) => [
      { template: `python/${type}/example_module.py`, path: `${type}/${name}.py`, what: 'the module', mode: TEXT },
      { template: `python/tests/test_${type}.py`, path: `tests/test_${name}.py`, what: 'its test', mode: TEXT },
    ],
    test: (name) => `tests/test_${name}.py`,
  },
  command: {
    files: (type, name) => [
      { template: `command/${type}/example_module.module.json`, path: `${type}/${name}.module.json`, what: 'the module: what it says of itself, and its program', mode: TEXT },
      { template: `command/${type}/example_module.pl`, path: `${type}/${name}.pl`, what: 'its program, in Perl; any language will do', mode: PROGRAM },
      { template: `command/tests/${type}.t`, path: `tests/${name}.t`, what: 'its test', mode: PROGRAM },
    ],
    test: (name) => `tests/${name}.t`,
  },
} as const satisfies Record<string, Language>

export type LanguageName = keyof typeof LANGUAGES
export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as readonly LanguageName[]
