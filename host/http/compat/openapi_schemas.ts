const COUNT = { type: 'integer', minimum: 0 }
const SECONDS = { type: 'number', minimum: 0 }
const SECONDS_OR_NOTHING = { type: ['number', 'null'], minimum: 0 }
const SHARE = { type: ['number', 'null'], minimum: 0, maximum: 1 }
const TIME = { type: ['string', 'null'], format: 'date-time' }

function counter(description: string): object {
  return { ...COUNT, description }
}

const COUNTERS = {
  queries: counter('Queries to loaded modules, whatever became of them.'),
  completed: counter('Those that were answered.'),
  in_flight: counter('Those that were not, yet.'),
  successes: counter('Answers without a non-empty `error` or `errors`.'),
  errors: counter('module_errors, exceptions and timeouts together.'),
  module_errors: counter('Answers with a non-empty `error` or `errors`.'),
  exceptions: counter('Queries at which the module, or the host, failed.'),
  timeouts: counter('Queries that ran out of time.'),
  success_rate: SHARE,
  error_rate: SHARE,
  request_bytes: COUNT,
  response_bytes: COUNT,
  last_query_at: TIME,
  last_completed_at: TIME,
  response_time_seconds: { $ref: '#/components/schemas/ResponseTimeStatistics' },
}

/** The schemas of bodies, apart from the module descriptor. */
export const SCHEMAS = {
  StatisticsResponse: {
    type: 'object',
    required: ['started_at', 'uptime_seconds', 'totals', 'modules'],
    properties: {
      started_at: { type: 'string', format: 'date-time' },
      uptime_seconds: SECONDS,
      totals: { $ref: '#/components/schemas/QueryStatistics' },
      modules: {
        type: 'object',
        description: 'By the name of the module; every loaded one is there.',
        additionalProperties: { $ref: '#/components/schemas/QueryStatistics' },
      },
    },
  },
  QueryStatistics: {
    type: 'object',
    required: Object.keys(COUNTERS),
    properties: { type: { type: 'string', description: 'Of a module, not of the totals.' }, ...COUNTERS },
  },
  ResponseTimeStatistics: {
    type: 'object',
    required: ['count', 'total', 'min', 'max', 'average', 'last', 'buckets'],
    properties: {
      count: COUNT,
      total: SECONDS,
      min: SECONDS_OR_NOTHING,
      max: SECONDS_OR_NOTHING,
      average: SECONDS_OR_NOTHING,
      last: SECONDS_OR_NOTHING,
      buckets: {
        type: 'object',
        description: 'Answers that took at most so many seconds, cumulative; `+Inf` has them all.',
        additionalProperties: COUNT,
      },
    },
  },
  ModuleQuery: {
    type: 'object',
    required: ['module'],
    properties: {
      module: { type: 'string', description: 'Name of a loaded module.' },
      timeout: { type: 'integer', minimum: 1, description: 'Seconds after which the client stops waiting.' },
      attribute: { type: 'object', description: 'For modules of the misp_standard format.' },
      config: { type: 'object', description: "The module's settings, such as its API key." },
    },
    additionalProperties: true,
  },
  ModuleError: {
    type: 'object',
    required: ['error'],
    properties: { error: { type: 'string' }, results: { type: 'array', description: 'Empty.' } },
  },
  HealthResponse: { type: 'object', required: ['status'], properties: { status: { type: 'boolean' } }, additionalProperties: false },
  VersionResponse: { type: 'object', required: ['version'], properties: { version: { type: 'string' } }, additionalProperties: false },
}
