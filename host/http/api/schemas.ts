import { z } from 'zod'
import { MODULE_TYPES } from '../../../sandboxes/contract.ts'
import { ModuleDetail, ModuleList } from './module_schemas.ts'
import { PROBLEM_CODES } from './problem_document.ts'

const count = z.int().min(0)
const ms = z.number().min(0)

const Timings = z.strictObject({
  queueMs: ms.describe('Waiting for a runner, apart from `startMs`.'),
  startMs: ms.describe('The part of the wait in which a runner was being started.'),
  runMs: ms.nullable().describe('null: it never ran.'),
})

const log = z.array(z.string()).describe('What the module printed and what it was refused of the network, a line each, up to the limits of a query.')

/** What `POST /api/v1/modules/:name/query` takes, besides what the module expects. */
export const QueryBody = z.looseObject({
  module: z.string().optional().describe('As in the address, or not at all.'),
  timeout: z.number().optional().describe('Seconds; the one in the address comes first.'),
  config: z.record(z.string(), z.unknown()).optional().describe("The module's settings, such as its API key."),
}).describe('A query as /query has it.')

export const QueryAnswer = z.strictObject({
  result: z.unknown().describe("The module's answer, byte for byte as it wrote it."),
  outcome: z.enum(['success', 'module_error']).describe('module_error: an object with an `error` or `errors`.'),
  module: z.string(),
  requestId: z.string(),
  timings: Timings,
  log,
})

export const ProblemDocument = z.strictObject({
  type: z.string().describe('A name for the code.'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(PROBLEM_CODES),
  blame: z.enum(['caller', 'module', 'host']).describe('Whose fault it is.'),
  requestId: z.string().describe('As in the log and in X-Request-Id.'),
  module: z.string().optional(),
  trace: z.string().optional().describe("The module's traceback."),
  timings: Timings.optional(),
  log: log.optional(),
  nearest: z.array(z.string()).optional().describe('Names that were perhaps meant.'),
})

const Cell = z.looseObject({ name: z.string(), pid: z.int().optional(), ready: z.boolean(), runners: count })

const Pool = z.looseObject({ runners: count, busy: count, starting: count, privateBytes: count, runnersByModule: z.record(z.string(), count) })
const Queue = z.strictObject({ waiting: count, waitingBytes: count, running: count })

const TenantStatus = z.strictObject({
  name: z.string(),
  ready: z.boolean().describe('Whether its modules have been described.'),
  behind: z.boolean().describe('Whether it takes more than its part of the processors at the moment, and gets what the others leave.'),
  modules: z.strictObject({ loaded: count, notLoaded: count }),
  pool: Pool,
  queue: Queue,
})

export const StatusAnswer = z.strictObject({
  profile: z.enum(['trusted', 'strict']),
  layers: z.array(z.strictObject({ name: z.string(), active: z.boolean(), detail: z.string() })).describe('What protects from a module, and what does not.'),
  uptimeSeconds: z.number(),
  node: z.string(),
  account: z.strictObject({ uid: z.int(), gid: z.int() }).nullable().describe('null: modules run as the host itself.'),
  runtimes: z.array(z.strictObject({ name: z.string(), version: z.string().nullable(), cells: z.array(Cell) })),
  modules: z.strictObject({
    loaded: count,
    notLoaded: z.array(z.strictObject({ tenant: z.string().optional(), name: z.string(), type: z.enum(MODULE_TYPES), file: z.string(), line: z.int().optional(), reason: z.string() })),
  }),
  watch: z.enum(['on', 'poll', 'off']).describe('How saved modules are noticed.'),
  pool: Pool,
  queue: Queue,
  memory: z.strictObject({
    hostBytes: count.nullable().describe('null, as `treeBytes`, for a tenant: it is that of all.'),
    bodyBytes: count,
    answerBytes: count,
    treeBytes: count.nullable(),
  }),
  tenants: z.array(TenantStatus).optional().describe("Only where the operator's key is asked with; what is outside of it is that of all tenants."),
  environment: z.strictObject({
    python: z.string().nullable().describe('null for a tenant.'),
    version: z.string(),
    origin: z.string(),
    mispModules: z.string().nullable(),
    notInstalled: z.array(z.strictObject({ requirement: z.string(), reason: z.string() })),
  }).nullable(),
})

/** The `data` of a server-sent event. */
export const EventData = z.strictObject({
  id: z.int().min(1),
  at: z.iso.datetime(),
  kind: z.enum(['loaded', 'reloaded', 'failed', 'removed']),
  tenant: z.string().optional().describe("Whose module it is; only where the operator's key is asked with."),
  module: z.string(),
  type: z.enum(MODULE_TYPES),
  runtime: z.string(),
  file: z.string(),
  version: z.string().nullable().describe('What is served now.'),
  failure: z.strictObject({ error: z.string(), file: z.string(), line: z.int().nullable(), missing: z.string().nullable() }).nullable(),
})

/** Everything that has a name in the OpenAPI document. */
export const SCHEMAS = { ModuleDetail, ModuleList, QueryBody, QueryAnswer, ProblemDocument, StatusAnswer, EventData } as const
