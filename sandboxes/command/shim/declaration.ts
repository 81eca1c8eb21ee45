import { basename } from 'node:path'
// The small form of the library: it is in every process of this runtime.
import * as z from 'zod/mini'
import { Refusal } from './refusal.ts'

const texts = z.array(z.string())

/** What `<name>.module.json` says. */
const Declaration = z.strictObject({
  /** Upstream's mispattributes. */
  introspection: z.looseObject({ input: z.optional(texts), output: z.optional(texts) }),
  /** Upstream's moduleinfo; `config` names the settings that a query may bring. */
  version: z.looseObject({
    version: z.optional(z.string()),
    author: z.optional(z.string()),
    description: z.optional(z.string()),
    'module-type': z.optional(texts),
    config: z.optional(texts),
  }),
  /** The program and its arguments; what begins with ./ or ../ is a path from the declaration's folder. */
  argv: texts.check(z.minLength(1)),
  protocol: z._default(z.enum(['once', 'frames']), 'once'),
  /** Further files that belong to the module, as in `argv`: another content of one is another version. */
  files: z._default(texts, []),
})
export type Declaration = z.infer<typeof Declaration>

export const KEYS = Object.keys(Declaration.shape)

/** Reads a declaration. Throws Refusal, which says key, what was expected and what was found. */
export function readDeclaration(text: string, file: string): Declaration {
  const value = parse(text, file)
  const checked = Declaration.safeParse(value)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0] as z.core.$ZodIssue
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    throw new Refusal(`${basename(file)}: expected the keys ${KEYS.join(', ')}, found ${JSON.stringify(key)}`, file, lineOf(text, key))
  }
  const where = path.length === 0 ? '' : ` ${JSON.stringify(path.join('.'))} to be`
  throw new Refusal(`${basename(file)}: expected${where} ${expectation(issue)}, found ${shown(valueAt(value, path))}`, file, lineOf(text, path[0]))
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const { message } = error as Error
    const line = Number(/\(line (\d+) column \d+\)/.exec(message)?.[1] ?? text.trimEnd().split('\n').length)
    throw new Refusal(`${basename(file)} is not JSON: ${message.replace(/\s+/g, ' ')}`, file, line)
  }
}

const WORDS: Readonly<Record<string, string>> = { string: 'a text', array: 'a list of texts', object: 'an object' }

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return WORDS[issue.expected] ?? issue.expected
    case 'too_small':
      return 'a list of at least one text, the program'
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ')
    default:
      return issue.message
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

/** The line on which a key of the declaration stands. */
function lineOf(text: string, key: string | undefined): number {
  const at = key === undefined ? -1 : text.indexOf(JSON.stringify(key))
  return at < 0 ? 1 : text.slice(0, at).split('\n').length
}
