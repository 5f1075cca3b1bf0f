/** The description of the HTTP APIs (OpenAPI 3.1), made from the contract. */
import {
  PUBLIC_PREFIX,
  type PublicEndpoint,
  publicApi,
  type Schema,
  type V1Endpoint,
  type V2Endpoint,
  v1,
  v2,
} from '@gantry/api'

type Json = { readonly [key: string]: unknown }
type Paths = Record<string, Record<string, Json>>

let text: string | undefined

/** The description as JSON, made once. */
export function openApiText(): string {
  text ??= JSON.stringify(openApiDocument())
  return text
}

function openApiDocument(): Json {
  const schemas: Record<string, Schema> = {}
  const paths: Paths = {}
  const add = (path: string, method: string, operation: Json) => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  for (const [id, endpoint] of Object.entries<V2Endpoint>(v2)) {
    for (const [i, path] of [endpoint.path, ...(endpoint.aliases ?? [])].entries()) {
      add(
        path,
        endpoint.method,
        v2Operation(i === 0 ? id : `${id}${i + 1}`, endpoint, path, schemas),
      )
    }
  }
  for (const [id, endpoint] of Object.entries<V1Endpoint>(v1)) {
    add(endpoint.path, 'POST', v1Operation(`v1_${id}`, endpoint))
  }
  for (const [id, endpoint] of Object.entries<PublicEndpoint>(publicApi)) {
    const path = PUBLIC_PREFIX + endpoint.path
    add(path, endpoint.method, publicOperation(`public_${id}`, endpoint))
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gantry',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas, securitySchemes },
  }
}

const securitySchemes = {
  token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
  basic: { type: 'http', scheme: 'basic' },
  digest: { type: 'http', scheme: 'digest' },
}

const message = {
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
}

const failure = {
  description: 'What is wrong.',
  content: { 'application/json': { schema: message } },
}

function v2Operation(
  operationId: string,
  endpoint: V2Endpoint,
  path: string,
  schemas: Record<string, Schema>,
): Json {
  const { method, summary, area, authentication, query, body, reply, bare } = endpoint
  const told = hoisted(reply, schemas) as Schema
  const schema = bare
    ? told
    : {
        type: 'object',
        properties: { data: told },
        required: ['data'],
        additionalProperties: false,
      }
  return {
    operationId,
    summary,
    tags: [area],
    security: authentication === 'none' ? [] : [{ [authentication]: [] }],
    ...(endpoint.extension && { 'x-gantry-extension': true }),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(method !== 'GET' && hasFields(body) && { requestBody: requestBody(body, schemas) }),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema } } },
      default: failure,
    },
  }
}

function requestBody(body: Schema, schemas: Record<string, Schema>): Json {
  const required = Array.isArray(body.required) && body.required.length > 0
  return { required, content: { 'application/json': { schema: hoisted(body, schemas) } } }
}

function hasFields({ properties, additionalProperties }: Schema): boolean {
  return additionalProperties !== false || Object.keys(properties as object).length > 0
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ properties = {}, required = [] }: Schema): Json[] {
  return Object.entries(properties as Record<string, Schema>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: (required as readonly string[]).includes(name),
    schema,
  }))
}

/** The schema with those that have a name of their own put among the components. */
function hoisted(value: unknown, schemas: Record<string, Schema>): unknown {
  if (Array.isArray(value)) return value.map((each) => hoisted(each, schemas))
  if (typeof value !== 'object' || value === null) return value
  const { title, ...rest } = value as Schema
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, each]) => [key, hoisted(each, schemas)]),
  )
  if (typeof title !== 'string') return title === undefined ? inner : { title, ...inner }
  schemas[title] = inner
  return { $ref: `#/components/schemas/${title}` }
}

const v1Returns: { readonly [R in V1Endpoint['returns']]: Json } = {
  data: { data: {} },
  list: { data: { type: 'array', items: { type: 'object' } } },
  count: { n: { type: 'integer' } },
}

/** API v1 answers status 200 whatever is wrong, but for its key. */
function v1Operation(operationId: string, { path, summary, doc, set, returns }: V1Endpoint): Json {
  const fields = { api_key: 'required', doc, set } as const
  const taken = Object.entries(fields).filter(([, presence]) => presence !== 'ignored')
  const form = {
    type: 'object',
    properties: Object.fromEntries(taken.map(([name]) => [name, { type: 'string' }])),
    required: taken.filter(([, presence]) => presence === 'required').map(([name]) => name),
  }
  const answer = {
    type: 'object',
    properties: { rc: { enum: [0, 1] }, msg: { type: 'string' }, ...v1Returns[returns] },
    required: ['rc'],
  }
  return {
    operationId,
    summary,
    tags: ['API v1'],
    parameters: pathParameters(path),
    requestBody: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: form } },
    },
    responses: { 200: { description: 'Done, or refused (rc 1).', content: json(answer) } },
  }
}

function publicOperation(operationId: string, endpoint: PublicEndpoint): Json {
  const { method, path, summary, who, query = {}, body, items, returns, status } = endpoint
  const isCreation = method === 'POST' && returns !== 'nothing'
  const parameters = Object.entries(query).map(([name, { values, required = false, many }]) => ({
    name,
    in: 'query',
    required,
    schema: many ? { type: 'array' } : { type: 'string', ...(values && { enum: values }) },
  }))
  const answer = returns === 'bytes' ? {} : json({ type: returns === 'array' ? 'array' : 'object' })
  const schema = items ? { type: 'array' } : { type: 'object' }
  return {
    operationId,
    summary,
    tags: ['Public API'],
    security: who.scope === 'everybody' ? [] : [{ digest: [] }],
    parameters: [...pathParameters(path), ...parameters],
    ...((body || items) && { requestBody: { content: json(schema) } }),
    responses: { [status ?? (isCreation ? 201 : 200)]: { description: 'Done.', content: answer } },
  }
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}
