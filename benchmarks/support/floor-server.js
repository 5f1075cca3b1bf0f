// The floor: a bare Fastify server that parses the same form and the same JSON as API v1 does, and
// answers a constant. Its argument is a JSON object of answers by the last segment of the path.
import querystring from 'node:querystring'
import { fastify } from 'fastify'

const answers = new Map(
  Object.entries(JSON.parse(process.argv[2] ?? '{}')).map(([name, text]) => [
    name,
    Buffer.from(text),
  ]),
)

const app = fastify()
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  (_request, body, done) => done(null, querystring.parse(body)),
)
app.post('/db/:db/collection/:collection/:operation', (request, reply) => {
  const { api_key, doc, set } = request.body
  const parsed = [JSON.parse(doc), set && JSON.parse(set)]
  if (!api_key || !parsed[0]) throw new Error('incomplete')
  reply.header('content-type', 'application/json').send(answers.get(request.params.operation))
})
app.get('/healthz', () => ({ status: 'ok' }))
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`floor ready http://127.0.0.1:${app.server.address().port}`)
process.on('SIGTERM', () => process.exit(0))
