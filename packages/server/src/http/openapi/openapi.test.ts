import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { V2Endpoint } from '@gantry/api'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { openV2App, type V2App } from '../../testing/v2-app.js'
import { v2Routes } from '../v2/routes.js'

interface Operation {
  readonly operationId: string
  readonly responses: Record<string, { content: { 'application/json': { schema: object } } }>
}
interface Description {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
}

const times = 'start_time=2015-09-01%2002:00:00&end_time=2015-09-01%2003:00:00&granularity=hour'
const sharded = { name: 'new', plan: 5, service: 'mongodb', type: 'mongodb_sharded' }
const order = { ...sharded, version: '2.4.6', zone: 'US-West' }

/** How each route is called so that it answers 200, in order; `$` stands for what was answered before. */
const calls: readonly { readonly call: string; readonly body?: object }[] = [
  { call: 'GET /v2/tokens/' },
  { call: 'POST /v2/tokens/verify/', body: { token: '$token' } },
  { call: 'GET /v2/accounts/{uid}/' },
  { call: 'POST /v2/accounts/{uid}/set_card/', body: {} },
  { call: 'POST /v2/accounts/{uid}/contact/', body: { phone: '1' } },
  { call: 'POST /v2/accounts/', body: { login: 'b@example.com', password: 'x' } },
  { call: 'GET /v2/accounts/' },
  { call: 'GET /v2/plans/' },
  { call: 'GET /v2/plans/{plan}/' },
  { call: 'GET /v2/casters/' },
  { call: 'GET /v2/remote_instances/' },
  { call: 'POST /v2/dashboards/', body: { name: 'd', graphs: [1] } },
  { call: 'GET /v2/dashboards/' },
  { call: 'GET /v2/dashboards/{id}/' },
  { call: 'PUT /v2/dashboards/{id}/', body: { name: 'e' } },
  { call: 'DELETE /v2/dashboards/{id}/' },
  { call: 'POST /v2/instances/', body: order },
  { call: 'GET /v2/instances/' },
  { call: 'GET /v2/instances/{instance}/' },
  { call: 'POST /v2/instances/new/rename/', body: { name: 'newer' } },
  {
    call: 'POST /v2/instances/{instance}/acls/',
    body: { cidr_mask: '1.2.3.4', metadata: { a: 1 } },
  },
  { call: 'GET /v2/instances/{instance}/acls/' },
  { call: 'GET /v2/instances/{instance}/acls/{id}/' },
  { call: 'DELETE /v2/instances/{instance}/acls/{id}/' },
  { call: 'GET /v2/instances/{instance}/acl_sync/' },
  { call: 'PUT /v2/instances/{instance}/acl_sync/', body: { aws_acl_sync_enabled: true } },
  { call: 'POST /v2/instances/{instance}/acl_sync/', body: {} },
  {
    call: 'POST /v2/mongodb/{instance}/databases/',
    body: { name: 'd', username: 'u', password: 'p' },
  },
  { call: 'GET /v2/mongodb/{instance}/databases/' },
  { call: 'GET /v2/mongodb/{instance}/databases/d/' },
  { call: 'POST /v2/mongodb/{instance}/databases/d/collections/', body: { name: 'c' } },
  { call: 'GET /v2/mongodb/{instance}/databases/d/collections/' },
  { call: 'GET /v2/mongodb/{instance}/databases/d/collections/c/' },
  { call: 'GET /v2/mongodb/{instance}/aggregate_database_stats/' },
  { call: 'GET /v2/mongodb/{instance}/opcounters/' },
  { call: 'GET /v2/mongodb/{instance}/opcounters/persecond/' },
  { call: 'GET /v2/mongodb/{instance}/replicasets/' },
  { call: 'GET /v2/mongodb/{instance}/shards/' },
  { call: 'GET /v2/mongodb/{instance}/shards/{shard}/?include_stats=true' },
  { call: 'GET /v2/mongodb/{instance}/spaceusage/' },
  { call: 'GET /v2/mongodb/{instance}/logs/' },
  { call: 'GET /v2/mongodb/{instance}/compaction/' },
  { call: 'POST /v2/mongodb/{instance}/compaction/' },
  { call: 'GET /v2/mongodb/{instance}/compaction/' },
  { call: 'GET /v2/mongodb/{instance}/stepdown/' },
  { call: 'POST /v2/mongodb/{instance}/stepdown/', body: { start: 1893456000, end: '1893459600' } },
  { call: 'GET /v2/mongodb/{instance}/stepdown/' },
  { call: 'GET /v2/instances/{instance}/backup_schedule/' },
  { call: 'PUT /v2/instances/{instance}/backup_schedule/', body: { keep_days: 3 } },
  { call: 'GET /v2/tasks/' },
  { call: 'GET /v2/tasks/{task}/' },
  { call: 'GET /v2/instances/{instance}/stats_config/' },
  { call: 'GET /v2/instances/{instance}/new-relic-stats/' },
  { call: 'GET /v2/instances/{instance}/statistics/' },
  {
    call: `POST /v2/graphs/ad_hoc/?${times}`,
    body: { stats: [{ instance: 'default', host: 'h', name: 'mongodb.mem.mapped' }] },
  },
  { call: 'DELETE /v2/mongodb/{instance}/databases/d/' },
  { call: 'DELETE /v2/instances/newer/' },
]

describe('the OpenAPI description', () => {
  let app: V2App
  let description: Description
  let ajv: Ajv2020
  const answered = new Set<string>()
  const ids: Record<string, string> = { instance: 'default', plan: '5286929405533c1306c1cf79' }
  before(async () => {
    app = await openV2App()
    ids.uid = app.uid
    ids.token = app.token
    description = (await app.inject({ url: '/openapi.json' })).json()
    ajv = new Ajv2020({ strict: false })
    ajv.addSchema(description, 'api')
  })
  after(() => app.close())

  /** The described path that an actual one is of. */
  function operationOf(method: string, path: string): { path: string; operation: Operation } {
    const found = Object.keys(description.paths).find((each) => {
      const form = `^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`
      return new RegExp(form).test(path) && method in description.paths[each]
    })
    const described = found ?? assert.fail(`${method} ${path} is not described`)
    return { path: described, operation: description.paths[described][method] }
  }

  function validatorFor(method: string, path: string): ValidateFunction {
    const place = `${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`
    const at = `api#/paths/${encodeURI(place)}/responses/200/content/application~1json/schema`
    return ajv.compile({ $ref: at })
  }

  test('is of version 3.1 and has every route', () => {
    assert.equal(description.openapi, '3.1.0')
    for (const { endpoint } of v2Routes) {
      for (const path of [endpoint.path, ...(endpoint.aliases ?? [])]) {
        assert.ok(description.paths[path]?.[endpoint.method.toLowerCase()], path)
      }
    }
    assert.ok(description.paths['/db/{db}/collection/{collection}/get']?.post)
    const names = Object.values(description.paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId }) => operationId)
    assert.equal(new Set(names).size, names.length)
    const bound = JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)
    const { components } = description as unknown as { components: { schemas: object } }
    for (const [, name] of bound) assert.ok(name in components.schemas, name)
  })

  for (const { call, body } of calls) {
    test(`${call} answers as is described`, async () => {
      const [method, form] = call.split(' ', 2)
      const rest = call.slice(method.length + 1)
      const url = rest.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name])
      const [path] = form.split('?')
      const text = JSON.stringify(body)?.replaceAll(/\$(\w+)/g, (_, name: string) => ids[name])
      const { login, password } = app.credentials
      const reply = await app.inject({
        method: method as 'GET',
        url,
        headers: {
          'x-auth-token': app.token,
          authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`,
        },
        ...(text !== undefined && { payload: text }),
      })
      assert.equal(reply.statusCode, 200, reply.payload)
      const answer = reply.json()
      const made = answer.data?._id?.$oid ?? answer.data?.id
      if (method === 'POST' && typeof made === 'string') ids.id = made
      if (path.endsWith('/shards/')) ids.shard = answer.data[0].name
      if (path === '/v2/tasks/') ids.task = answer.data[0].id
      const [actual] = url.split('?')
      const described = operationOf(method.toLowerCase(), actual)
      answered.add(`${method} ${described.path}`)
      const validate = validatorFor(method.toLowerCase(), described.path)
      assert.ok(validate(answer), `${ajv.errorsText(validate.errors)}\n${reply.payload}`)
    })
  }

  /** Of these there is nothing that could answer 200, or another test calls them. */
  const unanswered: readonly RegExp[] = [
    /^\w+ \/v2\/(redis|elasticsearch)\//,
    /^\w+ \/v2\/remote_instances\/\{/,
    /^GET \/v2\/casters\/\{/,
    /^DELETE \/v2\/tasks\/\{/,
    /^POST \/v2\/mongodb\/\{instance\}\/shards\/$/,
    /^(POST|GET|DELETE|PUT) .*\/backups?\b.*/,
  ]

  test('no route was left out', () => {
    const all = v2Routes.map(({ endpoint }: { endpoint: V2Endpoint }) => endpoint)
    const missing = all
      .map(({ method, path }) => `${method} ${path}`)
      .filter((call) => !answered.has(call) && !unanswered.some((each) => each.test(call)))
    assert.deepEqual(missing, [])
  })
})
