import Fastify from 'fastify'

/** The bare Fastify that our server is measured against: takes a body as bytes, answers as many bytes as the trivial module. */
const ANSWER = Buffer.from(JSON.stringify({ results: [{ types: ['text'], values: ['constant'] }] }))

const app = Fastify({ logger: false })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/query', (_request, reply) => reply.type('text/html; charset=UTF-8').send(ANSWER))
app.get('/healthcheck', (_request, reply) => reply.send({ status: true }))
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
