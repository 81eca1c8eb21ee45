import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { z } from 'zod'

const Template = z.object({
  name: z.string(),
  uuid: z.string(),
  version: z.string(),
  /** Its `meta-category`. */
  category: z.string(),
  /** Type of each attribute by its relation. */
  relations: z.record(z.string(), z.string()),
  required: z.array(z.string()),
  requiredOneOf: z.array(z.string()),
})
/** A template for MISP objects. */
export type ObjectTemplate = z.infer<typeof Template>

const Facts = z.object({
  /** null: not installed. */
  versions: z.object({ 'pymisp': z.string().nullable(), 'misp-modules': z.string().nullable() }),
  /** Types of attributes. Empty: there is no pymisp to tell them. */
  types: z.array(z.string()),
  /** Which types each category takes. */
  categories: z.record(z.string(), z.array(z.string())),
  /** Category that MISP gives to an attribute without one, by type. */
  defaults: z.record(z.string(), z.string()),
  /** Names of what one object may be to another. */
  relationships: z.array(z.string()),
  /** Those of pymisp, then those of misp-modules: of one name the later counts. */
  templates: z.array(Template),
})
/** What MISP knows, as the packages of one Python environment have it. */
export type MispFacts = z.infer<typeof Facts>

/** Asks a throw-away interpreter of the environment. Rejects with execa's error where that does not run. */
export async function readMispFacts(python: string): Promise<MispFacts> {
  const script = fileURLToPath(new URL('misp_facts.py', import.meta.url))
  const { stdout } = await execa(python, ['-I', script], { cwd: '/', stdin: 'ignore', timeout: 60_000 })
  return Facts.parse(JSON.parse(stdout))
}
