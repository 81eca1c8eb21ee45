import { z } from 'zod'
import type { OpenapiParts } from '../compat/openapi_document.ts'
import { apiStatus } from '../problem.ts'
import { PROBLEM_TYPE } from './problem_document.ts'
import { SCHEMAS } from './schemas.ts'

/** Our own routes, to stand beside upstream's in one OpenAPI document. */
export function apiParts(): OpenapiParts {
  return { paths: PATHS, schemas: jsonSchemas(), securitySchemes: SCHEMES, security: [{}, { basic: [] }, { bearer: [] }] }
}

/** None is asked for where the configuration names no tenants; /healthcheck is open in any case. */
const SCHEMES = {
  basic: { type: 'http', scheme: 'basic', description: 'The name of a tenant (or `operator`) and its key, where the configuration names tenants.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The key alone, which says whose it is.' },
}

function jsonSchemas(): Record<string, object> {
  return Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => {
    const { $schema: _, ...printed } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' })
    return [name, printed]
  }))
}

const JSON_TYPE = 'application/json'
const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }
const ref = (name: keyof typeof SCHEMAS): object => ({ $ref: `#/components/schemas/${name}` })
const answer = (description: string, type: string, schema: object): object => ({ description, headers: requestIdHeader, content: { [type]: { schema } } })
const problem = (description: string): object => answer(description, PROBLEM_TYPE, ref('ProblemDocument'))
const name = { name: 'name', in: 'path', required: true, schema: { type: 'string' }, description: 'Name of a module.' }

/** Codes of a status, for its description. */
function codesOf(status: number): string {
  return Object.entries(apiStatus).filter(([, each]) => each === status).map(([code]) => code).join(', ')
}

const RETRY = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } }

const QUERY_PROBLEMS = Object.fromEntries([...new Set(Object.values(apiStatus))].map((status) => {
  const described = problem(codesOf(status)) as { headers: object }
  return [status, status === apiStatus.BUSY || status === apiStatus.QUOTA_EXCEEDED ? { ...described, headers: { ...described.headers, ...RETRY } } : described]
}))

/** What any route answers one who has no key where keys are asked for, or the key of somebody else. */
const KEY_PROBLEMS = { 401: problem('UNAUTHENTICATED'), 403: problem('FORBIDDEN') }

const PATHS = {
  '/api/v1/modules': {
    get: {
      operationId: 'describeModules',
      summary: 'List every file that claims to be a module, loaded or not, and why not',
      responses: { 200: answer('By name', JSON_TYPE, ref('ModuleList')), ...KEY_PROBLEMS },
    },
  },
  '/api/v1/modules/{name}': {
    get: {
      operationId: 'describeModule',
      summary: 'Tell the same of one name',
      parameters: [name],
      responses: { 200: answer('All that claim it', JSON_TYPE, ref('ModuleDetail')), ...KEY_PROBLEMS, 404: problem('UNKNOWN_MODULE, with the nearest names') },
    },
  },
  '/api/v1/modules/{name}/query': {
    post: {
      operationId: 'askModule',
      summary: 'Ask a module, and hear what became of the query',
      parameters: [name, { name: 'timeout', in: 'query', schema: { type: 'number' }, description: 'Seconds.' }],
      requestBody: { required: true, content: { [JSON_TYPE]: { schema: ref('QueryBody') } } },
      responses: {
        200: answer('The answer of the module, its timings and log', JSON_TYPE, ref('QueryAnswer')),
        ...QUERY_PROBLEMS,
        408: problem('SLOW_REQUEST'),
        415: problem('UNSUPPORTED_MEDIA_TYPE: the body has to be application/json, without Content-Encoding'),
      },
    },
  },
  '/api/v1/status': {
    get: {
      operationId: 'getStatus',
      summary: 'Tell what the host is made of, what protects it, and how it is doing',
      responses: { 200: answer('The status: that of the tenant who asks, or with the key of the operator that of all', JSON_TYPE, ref('StatusAnswer')), ...KEY_PROBLEMS },
    },
  },
  '/api/v1/events': {
    get: {
      operationId: 'followModules',
      summary: 'Follow what happens to modules',
      description: 'Server-sent events `loaded`, `reloaded`, `failed` and `removed`; the `data` of each is an EventData. After an event `gap` some were '
        + 'forgotten, and after a restart of the host all that are kept are sent. A reader that does not read is dropped.',
      parameters: [
        { name: 'Last-Event-ID', in: 'header', schema: { type: 'string' }, description: 'What came after this one is sent first.' },
        { name: 'since', in: 'query', schema: { type: 'string' }, description: 'The same for clients that set no headers; 0: all that are kept.' },
      ],
      responses: {
        200: answer('Events, until somebody ends the connection', 'text/event-stream', { type: 'string' }),
        400: problem('BAD_REQUEST: no id of an event'),
        ...KEY_PROBLEMS,
        503: problem('BUSY: too many listen; SHUTTING_DOWN'),
      },
    },
  },
  '/api/v1/openapi.json': {
    get: {
      operationId: 'getApiDescription',
      summary: 'Describe all routes',
      responses: { 200: answer('This document', JSON_TYPE, { type: 'object' }), ...KEY_PROBLEMS },
    },
  },
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Counters for Prometheus',
      responses: { 200: answer("In Prometheus' text format", 'text/plain', { type: 'string' }), ...KEY_PROBLEMS },
    },
  },
}
