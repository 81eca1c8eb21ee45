import type { FastifyInstance } from 'fastify'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Catalogue } from '../../registry/catalogue.ts'
import type { RoutePieces } from '../pieces.ts'
import { represent, sendRepresentation } from './etag.ts'
import type { Representation } from './etag.ts'
import { openapiDocument } from './openapi_document.ts'
import { sendPage } from './pages.ts'

/** What the page loads from us, so that it works without the internet. The files are those of the package swagger-ui-dist. */
const TYPES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
} as const

type Asset = keyof typeof TYPES

const NAMES = Object.keys(TYPES) as Asset[]

/** Paths of the page's parts. */
export const ASSETS: readonly string[] = NAMES.map((name) => `/openapi/${name}`)

/** GET /openapi.json, GET /openapi and the parts of that page. */
export function addOpenapi(app: FastifyInstance, pieces: RoutePieces): void {
  const { catalogue, listenName, logRequest } = pieces
  const documentOf = documents(listenName)
  app.get('/openapi.json', (request, reply) => {
    const document = documentOf(catalogue(), request.raw.socket.localPort ?? 0)
    logRequest(request.raw, request.id, sendRepresentation(request, reply, document))
  })

  const page = represent('text/html; charset=utf-8', Buffer.from(PAGE))
  app.get('/openapi', (request, reply) => {
    logRequest(request.raw, request.id, sendRepresentation(request, reply, page))
  })

  for (const name of NAMES) addAsset(app, name, pieces)
}

/** The document changes only with the catalogue; it is made when first asked for. */
function documents(listenName: string): (catalogue: Catalogue, port: number) => Representation {
  let last: { catalogue: Catalogue; port: number; document: Representation } | undefined
  return (catalogue, port) => {
    if (last?.catalogue === catalogue && last.port === port) return last.document
    const body = Buffer.from(openapiDocument({ listing: catalogue.listing.body, serverUrl: serverUrl(listenName, port), generatedAt: new Date() }))
    const document = represent('application/json', body)
    last = { catalogue, port, document }
    return document
  }
}

/** Where nobody can be told a name that reaches us, the address that the document itself came from. */
export function serverUrl(listenName: string, port: number): string {
  if (listenName === '' || listenName === '0.0.0.0' || listenName === '::') return '/'
  return `http://${listenName.includes(':') ? `[${listenName}]` : listenName}:${port}`
}

function addAsset(app: FastifyInstance, name: Asset, { log, logRequest }: RoutePieces): void {
  let loading: Promise<Representation> | undefined
  app.get(`/openapi/${name}`, (request, reply) => {
    reply.hijack()
    loading ??= loadAsset(name)
    loading.then((asset) => logRequest(request.raw, request.id, sendRepresentation(request, reply, asset)), (error: unknown) => {
      loading = undefined
      log.error({ err: error, reqId: request.id }, 'a part of the API page cannot be read')
      sendPage(reply.raw, request.id, 500)
      logRequest(request.raw, request.id, 500)
    })
  })
}

async function loadAsset(name: Asset): Promise<Representation> {
  return represent(TYPES[name], await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`))))
}

/** `validatorUrl: null` keeps the page from asking a validator on the internet. */
const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>MISP modules API</title>
<link rel="stylesheet" href="/openapi/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/openapi/swagger-ui-bundle.js"></script>
<script src="/openapi/swagger-ui-standalone-preset.js"></script>
<script>
window.ui = SwaggerUIBundle({
  urls: [{ url: '/openapi.json', name: 'misp-modules' }, { url: '/api/v1/openapi.json', name: 'all routes' }],
  domNode: document.getElementById('api'),
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
  validatorUrl: null,
})
</script>
</body>
</html>
`
