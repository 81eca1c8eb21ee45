import { z } from 'zod'
import { MODULE_TYPES } from '../../../sandboxes/contract.ts'

const count = z.int().min(0)
const time = z.iso.datetime()

export const ModuleFailure = z.strictObject({
  error: z.string().describe("The exception's type and text, or another reason."),
  file: z.string().describe('Where to look: the module itself, or another file that it loads.'),
  line: z.int().nullable(),
  trace: z.string().nullable(),
  missing: z.string().nullable().describe('What is not installed.'),
  mend: z.string().nullable().describe('The command that installs it.'),
})
export type ModuleFailure = z.infer<typeof ModuleFailure>

const Place = {
  type: z.enum(MODULE_TYPES),
  runtime: z.string().describe('The language.'),
  file: z.string().describe('Below `root`.'),
  root: z.string(),
  builtin: z.boolean().describe('Whether it belongs to the installed misp-modules.'),
}

export const ModuleCandidate = z.strictObject({
  ...Place,
  state: z.enum(['served', 'failed', 'overridden']).describe('overridden: another file has more right to the name.'),
  version: z.string().nullable(),
  failure: ModuleFailure.optional().describe('Of one that is served: its newest save does not load, and the version before it still answers.'),
})
export type ModuleCandidate = z.infer<typeof ModuleCandidate>

export const ModuleDetail = z.strictObject({
  name: z.string(),
  loaded: z.boolean(),
  ...Place,
  version: z.string().nullable().describe('Digest of its files; `installed` for one of misp-modules.'),
  reloadedAt: time.nullable().describe('When this version came to be served.'),
  failure: ModuleFailure.nullable(),
  candidates: z.array(ModuleCandidate).describe('Every file that claims the name, the one with the most right to it first.'),
  enabled: z.boolean(),
  offUntil: time.nullable().describe('It has crashed too often and is off until then.'),
  limits: z.strictObject({
    timeoutSeconds: z.number(),
    cpuSeconds: z.number().nullable().describe('Processor time of a query; null: four times the time it has.'),
    runners: count,
    memoryMb: z.number(),
    outputBytes: count,
    logBytes: count,
    logLines: count,
  }),
  reach: z.strictObject({
    hosts: z.union([z.literal('any public'), z.array(z.string())]),
    networks: z.array(z.string()).describe('Networks that are not public and may be reached all the same.'),
    ports: z.union([z.literal('any'), z.array(count)]),
    methods: z.union([z.literal('any'), z.array(z.string())]),
    headers: z.array(z.strictObject({ host: z.string(), name: z.string() })).describe('Headers that the operator adds to requests to a host.'),
    proxied: z.boolean(),
    connectMs: z.number(),
    requestMs: z.number(),
    responseBytes: z.number(),
  }).describe('What the module may reach by the functions that the host offers.'),
  grants: z.strictObject({
    processes: z.boolean().describe('In the profile strict a module in Python starts processes only with it.'),
    warm: z.boolean().describe('It may keep what it remembers for its next query, if it declares that as well.'),
  }).describe('What the operator allows it besides.'),
  state: z.strictObject({
    kind: z.enum(['fresh', 'warm']).describe('warm: what it remembers of one query may be there for the next.'),
    why: z.string(),
  }),
  runners: z.strictObject({ idle: count, busy: count, starting: count }),
  waiting: count.describe('Queries that wait for a runner.'),
  counters: z.strictObject({
    queries: count,
    successes: count,
    moduleErrors: count,
    exceptions: count,
    timeouts: count,
    requestBytes: count,
    responseBytes: count,
    lastQueryAt: time.nullable(),
    averageSeconds: z.number().nullable(),
  }),
})
export type ModuleDetail = z.infer<typeof ModuleDetail>

export const ModuleList = z.strictObject({ modules: z.array(ModuleDetail) })
