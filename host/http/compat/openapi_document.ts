import { MODULE_TYPES } from '../../../sandboxes/contract.ts'
import { HTML } from './pages.ts'
import { SCHEMAS } from './openapi_schemas.ts'

export interface OpenapiParts {
  readonly paths: Readonly<Record<string, object>>
  readonly schemas: Readonly<Record<string, object>>
  readonly securitySchemes: Readonly<Record<string, object>>
  /** Any of them will do. */
  readonly security: readonly object[]
}

export interface OpenapiOptions {
  /** The body of GET /modules, which is put in as it is: modules wrote it, and it is never decoded. */
  readonly listing: Buffer
  readonly serverUrl: string
  readonly generatedAt: Date
  /** Routes that upstream does not have. */
  readonly beyond?: OpenapiParts
}

/** The OpenAPI description of the upstream routes as they are served here, as JSON; with others where there are. */
export function openapiDocument({ listing, serverUrl, generatedAt, beyond }: OpenapiOptions): string {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'MISP Modules API',
      version: '1.0.0',
      summary: 'The REST API of misp-modules.',
      description: 'What a module expects and answers is its own: see its entry in the example of /modules. '
        + `JSON is labelled ${HTML} wherever clients of the original server have always seen it so.`,
      'x-generated-at': `${generatedAt.toISOString().slice(0, 19)}Z`,
    },
    servers: [{ url: serverUrl }],
    ...(beyond && { security: beyond.security }),
    paths: { ...paths(), ...beyond?.paths },
    components: { schemas: { ...SCHEMAS, ModuleDescriptor: moduleDescriptor(), ...beyond?.schemas }, headers: HEADERS, ...(beyond && { securitySchemes: beyond.securitySchemes }) },
  }
  // A function, because a replacement string would read `$&` and the like in the modules' texts.
  return JSON.stringify(document).replace(JSON.stringify(LISTING), () => listing.toString())
}

/** Stands for the listing until the rest is printed. */
const LISTING = 'listing of the modules'

const HEADERS = {
  RequestId: { description: "The id under which the request is logged: the client's own X-Request-Id, or a new one.", schema: { type: 'string' } },
  Etag: { description: 'For If-None-Match.', schema: { type: 'string' } },
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }
const page = (description: string): object => ({ description, headers: requestIdHeader, content: { [HTML]: { schema: { type: 'string' } } } })
const notModified = { description: 'The client has this already', headers: { ...requestIdHeader, Etag: { $ref: '#/components/headers/Etag' } } }

function fetched(description: string, type: string, schema: object, examples?: object): object {
  const content = { [type]: examples === undefined ? { schema } : { schema, examples } }
  return { description, headers: { ...requestIdHeader, Etag: { $ref: '#/components/headers/Etag' } }, content }
}

function paths(): object {
  const listing = { modules: { summary: 'Loaded modules', value: LISTING } }
  return {
    '/modules': {
      get: {
        operationId: 'listModules',
        summary: 'List the loaded modules',
        responses: {
          200: fetched('The modules that can be asked, sorted by name', HTML, { type: 'array', items: ref('ModuleDescriptor') }, listing),
          304: notModified,
        },
      },
    },
    '/query': { post: query() },
    '/healthcheck': {
      get: {
        operationId: 'healthcheck',
        summary: 'Tell that the service answers',
        responses: { 200: fetched('It does', HTML, ref('HealthResponse')), 304: notModified },
      },
    },
    '/statistics': {
      get: {
        operationId: 'getStatistics',
        summary: 'Count queries and their outcomes, for each module and in all, since the start',
        responses: { 200: fetched('The counters', 'application/json', ref('StatisticsResponse')), 304: notModified },
      },
    },
    '/version': {
      get: {
        operationId: 'getVersion',
        summary: 'Tell the version of the installed misp-modules',
        responses: {
          200: fetched('The version', HTML, ref('VersionResponse')),
          304: notModified,
          500: page('misp-modules is not installed'),
        },
      },
    },
  }
}

function query(): object {
  return {
    operationId: 'queryModule',
    summary: 'Ask a module',
    description: 'The body goes to the module as it is, and the answer comes back as the module wrote it. The Content-Type of the request does not matter.',
    requestBody: { required: true, content: { 'application/json': { schema: ref('ModuleQuery') } } },
    responses: {
      200: {
        description: "The module's answer, which may be any JSON value; or an object with an `error`, also when the module is unknown, "
          + 'fails or runs out of time. Empty when a Python module raises CancelledError.',
        headers: requestIdHeader,
        content: { [HTML]: { schema: { anyOf: [ref('ModuleError'), {}] }, examples: EXAMPLES } },
      },
      500: page('The body is not a JSON object, or its timeout is not a number'),
    },
  }
}

const EXAMPLES = {
  attributes: { summary: 'Plain values', value: { results: [{ types: ['ip-src', 'ip-dst'], values: ['198.51.100.7'] }] } },
  tags: {
    summary: 'A value to tag and to untag',
    value: { results: [{ types: ['ip-dst'], values: ['198.51.100.7'], tags: ['tlp:green'], remove_tags: ['tlp:red'] }] },
  },
  failed: { summary: 'The module failed', value: { error: 'Something went wrong, look in the server logs for details' } },
  late: { summary: 'The time was up', value: { error: 'Timeout.' } },
}

function moduleDescriptor(): object {
  return {
    type: 'object',
    required: ['name', 'type', 'mispattributes', 'meta'],
    properties: {
      name: { type: 'string' },
      type: { type: 'string', enum: MODULE_TYPES },
      mispattributes: { type: 'object', description: 'What the module takes and gives.' },
      meta: { type: 'object', description: 'Author, description, settings and more.' },
    },
    additionalProperties: false,
  }
}
