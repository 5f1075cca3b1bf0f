/**
 * Stands in for an Elasticsearch or OpenSearch where there is none: it answers in the forms
 * that the families document for their versions, and keeps users, documents and snapshots for
 * as long as it runs. It searches nothing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface RecordedVersion {
  readonly family: 'elasticsearch' | 'opensearch'
  readonly version: string
  /** Whether it asks for credentials and keeps users. */
  readonly security: boolean
}

export const recordedVersions: readonly RecordedVersion[] = [
  { family: 'elasticsearch', version: '1.7.1', security: false },
  { family: 'elasticsearch', version: '7.17.9', security: false },
  { family: 'elasticsearch', version: '8.15.0', security: true },
  { family: 'opensearch', version: '2.17.0', security: false },
  { family: 'opensearch', version: '2.17.0', security: true },
]

/** The credentials that a cluster with security takes from the start. */
export const ROOT = { username: 'root', password: 'root password' }

export interface RecordedCluster {
  readonly url: string
  /** `METHOD path` of all that was asked so far. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

type Json = { [name: string]: unknown }
interface Answer {
  readonly status: number
  readonly body: unknown
}
interface Memory {
  readonly users: Map<string, Json>
  readonly documents: Map<string, string>
  /** Their folders by name. */
  readonly repositories: Map<string, string>
}

/** Port 0 takes any free one. */
export async function openRecordedCluster(
  recorded: RecordedVersion,
  at = 0,
): Promise<RecordedCluster> {
  const memory: Memory = {
    users: new Map(),
    documents: new Map(),
    repositories: new Map(),
  }
  const asked: string[] = []
  const server = createServer((request, response) => {
    void receive(request).then((body) => {
      const { method = '', url = '/' } = request
      asked.push(`${method} ${url}`)
      const { status, body: answer } = answerTo(recorded, memory, request, body)
      send(response, status, method === 'HEAD' ? undefined : answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function receive(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const ok = (body: unknown): Answer => ({ status: 200, body })

function error(status: number, type: string, reason: string): Answer {
  return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } }
}

function answerTo(
  recorded: RecordedVersion,
  memory: Memory,
  { method = '', url = '/', headers }: IncomingMessage,
  text: string,
): Answer {
  const [path] = url.split('?')
  if (recorded.security && !isKnown(headers.authorization, memory)) {
    return error(401, 'security_exception', 'missing authentication credentials for REST request')
  }
  const body = () => JSON.parse(text) as Json
  return (
    aboutCluster(recorded, method, path) ??
    aboutUsers(recorded, memory, method, path, body) ??
    aboutSnapshots(memory, method, path, body) ??
    aboutDocuments(memory, method, path, text)
  )
}

function isKnown(authorization: string | undefined, { users }: Memory): boolean {
  const encoded = /^Basic (.*)$/.exec(authorization ?? '')?.[1] ?? ''
  const [username, password] = Buffer.from(encoded, 'base64').toString().split(':')
  if (username === ROOT.username) return password === ROOT.password
  const user = users.get(username)
  return user !== undefined && user.password === password
}

function aboutCluster(recorded: RecordedVersion, method: string, path: string): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  switch (path) {
    case '/':
      return ok(root(recorded))
    case '/_cluster/stats':
      return ok(clusterStats(recorded))
    case '/_cluster/health':
      return ok({ cluster_name: 'recorded', status: 'green', timed_out: false, number_of_nodes: 2 })
    case '/_nodes/stats':
    case '/_nodes/stats/os,jvm,fs':
      return ok({ cluster_name: 'recorded', nodes: nodesStats(recorded) })
    case '/_stats':
      return ok(indicesStats())
    case '/_xpack':
      if (recorded.family === 'opensearch' || recorded.version < '5') return undefined
      return ok({ features: { security: { available: true, enabled: recorded.security } } })
    default:
      return undefined
  }
}

function root({ family, version }: RecordedVersion): Json {
  const number = { number: version, lucene_version: '9.0.0' }
  const isOpenSearch = family === 'opensearch'
  return {
    name: 'node-0',
    cluster_name: 'recorded',
    version: isOpenSearch ? { distribution: 'opensearch', ...number } : number,
    tagline: isOpenSearch ? 'The OpenSearch Project' : 'You Know, for Search',
  }
}

function clusterStats({ version }: RecordedVersion): Json {
  const caches =
    version < '2'
      ? { filter_cache: { memory_size_in_bytes: 0 }, id_cache: {} }
      : { query_cache: {} }
  return {
    timestamp: 1440761524190,
    cluster_name: 'recorded',
    status: 'green',
    indices: {
      count: 1,
      docs: { count: 3, deleted: 0 },
      store: { size_in_bytes: 4096 },
      ...caches,
    },
    nodes: { count: { total: 2 }, versions: [version], plugins: [] },
  }
}

/** Two nodes, the second of which holds no data. */
function nodesStats({ version }: RecordedVersion): Json {
  const isOld = version < '5' && version.startsWith('1')
  const node = (index: number) => ({
    timestamp: 1440761524190 + index,
    name: `node-${index}`,
    transport_address: isOld ? `inet[/127.0.0.1:93${index}0]` : `127.0.0.1:93${index}0`,
    host: '127.0.0.1',
    ip: isOld ? [`inet[/127.0.0.1:93${index}0]`, 'NONE'] : `127.0.0.1:93${index}0`,
    ...(isOld
      ? { attributes: index === 0 ? {} : { data: 'false' } }
      : { attributes: {}, roles: index === 0 ? ['data', 'ingest', 'master'] : ['master'] }),
    indices: { docs: { count: 3, deleted: 0 }, indexing: { index_total: 7 } },
    os: { mem: { total: '1.9gb', total_in_bytes: 2040109465 } },
    jvm: { mem: { heap_used: '100mb', heap_used_in_bytes: 104857600, heap_used_percent: 10 } },
    fs: { total: { total: '9.7gb', total_in_bytes: 10415295692 } },
    http: { current_open: 2, total_opened: 9 },
  })
  return { a1: node(0), b2: node(1) }
}

function indicesStats(): Json {
  const totals = { docs: { count: 3, deleted: 0 }, store: { size_in_bytes: 4096 } }
  const both = { primaries: totals, total: totals }
  return { _shards: { total: 2, successful: 1, failed: 0 }, _all: both, indices: { people: both } }
}

function aboutUsers(
  { family, version, security }: RecordedVersion,
  { users }: Memory,
  method: string,
  path: string,
  body: () => Json,
): Answer | undefined {
  const base =
    family === 'opensearch'
      ? '/_plugins/_security/api/internalusers'
      : version.startsWith('1')
        ? undefined
        : '/_security/user'
  if (!security || base === undefined) return undefined
  if (path.startsWith('/_security/role/')) return ok({ role: { created: true } })
  if (!path.startsWith(base)) return undefined
  const name = decodeURIComponent(path.slice(base.length + 1))
  const builtIn = { [ROOT.username]: { reserved: true, metadata: { _reserved: true } } }
  const shown = ({ password: _password, ...user }: Json) => user
  if (name === '') {
    const all = [...users].map(([username, user]) => [username, shown(user)])
    return ok({ ...builtIn, ...Object.fromEntries(all) })
  }
  const user = users.get(name)
  if (method === 'PUT') {
    users.set(name, body())
    return { status: user ? 200 : 201, body: { created: !user } }
  }
  if (!user) return error(404, 'resource_not_found_exception', `User '${name}' not found.`)
  if (method === 'DELETE') users.delete(name)
  return ok({ [name]: shown(user) })
}

function aboutSnapshots(
  { repositories, documents }: Memory,
  method: string,
  path: string,
  body: () => Json,
): Answer | undefined {
  const [, area, repository, snapshot, action] = path.split('/')
  if (area !== '_snapshot') return undefined
  if (snapshot === undefined) {
    if (method === 'PUT') repositories.set(repository, locationIn(body()))
    if (method === 'DELETE') repositories.delete(repository)
    return ok({ acknowledged: true })
  }
  const location = repositories.get(repository)
  if (location === undefined) {
    return error(404, 'repository_missing_exception', `[${repository}] missing`)
  }
  const file = join(location, `${snapshot}.json`)
  if (method === 'PUT') {
    writeFileSync(file, JSON.stringify([...documents]))
    return ok({ snapshot: { snapshot, state: 'SUCCESS', indices: ['people'] } })
  }
  if (!existsSync(file)) return error(404, 'snapshot_missing_exception', `[${snapshot}] is missing`)
  if (action === '_restore') {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as [string, string][]
    for (const [name, text] of kept) documents.set(name, text)
  }
  return ok({ snapshot: { snapshot, indices: ['people'] } })
}

function locationIn({ settings }: Json): string {
  return (settings as { location: string }).location
}

function aboutDocuments({ documents }: Memory, method: string, path: string, text: string): Answer {
  const isDocument = /^\/[a-z]+\/(_doc|[a-z]+)\/[^/]+$/.test(path)
  if (path.endsWith('/_search')) return ok({ took: 1, hits: { total: documents.size } })
  if (/^\/[a-z]+$/.test(path) && method === 'DELETE') {
    for (const name of documents.keys()) if (name.startsWith(`${path}/`)) documents.delete(name)
    return ok({ acknowledged: true })
  }
  if (!isDocument) {
    const reason = `no handler found for uri [${path}] and method [${method}]`
    return { status: 400, body: { error: reason, status: 400 } }
  }
  if (method === 'PUT') {
    documents.set(path, text)
    return { status: 201, body: { result: 'created', size: text.length } }
  }
  const source = documents.get(path)
  if (source === undefined) return { status: 404, body: { found: false } }
  return ok({ found: true, _source: JSON.parse(source) })
}
