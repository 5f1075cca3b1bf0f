import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.js'
import { openRecordedCluster, ROOT, recordedVersions } from '../../testing/recorded-cluster.js'
import type { DriverConnection, RunningElasticsearch } from '../driver.js'
import { attachedElasticsearch } from './attached.js'

/** A cluster to run against: its URI, and whether it keeps users itself. */
interface Subject {
  readonly name: string
  readonly isReal: boolean
  open(): Promise<{ uri: string; close(): Promise<void> }>
}

const realUri = process.env.GANTRY_TEST_ELASTICSEARCH_URL

const recorded: Subject[] = recordedVersions.map((version) => ({
  name: `recorded answers of ${version.family} ${version.version}${version.security ? ' with security' : ''}`,
  isReal: false,
  async open() {
    const cluster = await openRecordedCluster(version)
    const { username, password } = ROOT
    const credentials = version.security ? `${username}:${encodeURIComponent(password)}@` : ''
    return { uri: cluster.url.replace('//', `//${credentials}`), close: cluster.close }
  },
}))

const subjects: Subject[] = realUri
  ? [
      {
        name: 'a real cluster',
        isReal: true,
        open: async () => ({ uri: realUri, close: async () => {} }),
      },
    ]
  : recorded

const spec = {
  type: 'elasticsearch',
  version: '',
  plan: 2,
  settings: {},
  user: 'main',
  password: 'p:w',
}

describe('an attached Elasticsearch or OpenSearch', () => {
  test(
    'is a real one only when GANTRY_TEST_ELASTICSEARCH_URL names it',
    {
      skip:
        realUri === undefined &&
        'NO REAL CLUSTER: recorded answers stand in; set GANTRY_TEST_ELASTICSEARCH_URL',
    },
    () => assert.ok(realUri),
  )

  for (const subject of subjects) {
    describe(`over ${subject.name}`, () => suite(subject))
  }

  test('does not start when nobody answers, and gives no password away', async () => {
    const closed = await openRecordedCluster(recordedVersions[0])
    await closed.close()
    const uri = closed.url.replace('//', '//me:secret@')
    await assert.rejects(
      attachedElasticsearch.start({ ...spec, uri }, { folder: tmpdir() }),
      (error) =>
        error instanceof AppError &&
        error.kind === 'unavailable' &&
        !JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('secret'),
    )
  })
})

function suite(subject: Subject): void {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-elasticsearch-'))
  const connections: DriverConnection[] = []
  let cluster: Awaited<ReturnType<Subject['open']>>
  let service: RunningElasticsearch
  let door: Server
  let agent: Agent

  before(async () => {
    cluster = await subject.open()
    service = await attachedElasticsearch.start({ ...spec, uri: cluster.uri }, { folder })
    door = createServer((socket) => {
      const peer = { host: '127.0.0.1', port: 1 }
      connections.push((service.accept as NonNullable<typeof service.accept>)(socket, peer, 'http'))
    })
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    agent = new Agent({ keepAlive: true })
  })
  after(async () => {
    agent.destroy()
    for (const connection of connections) connection.destroy()
    door.close()
    await service.stop()
    await cluster.close()
    rmSync(folder, { recursive: true })
  })

  interface Asked {
    readonly as?: string
    readonly body?: string
  }
  /** Asks at the instance's port; `as` is `user:password`. */
  async function ask(method: string, path: string, { as, body }: Asked = {}) {
    const { port } = door.address() as AddressInfo
    const headers = { 'content-type': 'application/json' }
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers, auth: as })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    return { status: answer.statusCode, text }
  }

  test('answers', async () => {
    await service.health()
  })

  test('says what it is, in the words of its version', async () => {
    const stats = await service.clusterStats()
    assert.equal(typeof stats.cluster_name, 'string')
    assert.ok(['green', 'yellow', 'red'].includes(stats.status as string))
    const { nodes } = await service.nodesStats()
    assert.ok(Object.keys(nodes as object).length > 0)
    assert.ok((await service.indicesStats())._all)
  })

  test('lists the nodes that hold data, and only them', async () => {
    const { active, builds } = await service.dataNodes()
    assert.deepEqual(builds, [])
    if (!subject.isReal)
      assert.deepEqual(
        active.map(({ name }) => name),
        ['node-0'],
      )
    for (const node of active) {
      assert.equal(typeof node.id, 'string')
      assert.ok(Array.isArray(node.ip))
      assert.ok('total' in ((node.fs as { total: object }).total ?? {}))
    }
  })

  test('has numbers for every node, and makes none up', async () => {
    const statistics = (await service.statistics?.()) ?? []
    assert.ok(statistics.length > 0)
    for (const { host, values } of statistics) {
      assert.equal(typeof host, 'string')
      assert.ok(values['indices.docs.count'] >= 0)
      for (const value of Object.values(values)) assert.equal(typeof value, 'number')
    }
  })

  test('lets users in by their role, and out again', async () => {
    assert.equal((await ask('GET', '/')).status, 401)
    await service.users.save({ username: 'reader', role: 'readonly' }, 'pass word')
    await service.users.save({ username: 'writer', role: 'admin' }, 'pass-word')
    const names = (await service.users.list()).map(({ username, role }) => `${username}: ${role}`)
    assert.ok(names.includes('reader: readonly') && names.includes('writer: admin'))
    assert.equal((await ask('GET', '/', { as: 'reader:wrong' })).status, 401)
    assert.equal((await ask('GET', '/', { as: 'reader:pass word' })).status, 200)
    const written = await ask('PUT', '/people/_doc/1', { as: 'writer:pass-word', body: '{"n":1}' })
    assert.equal(written.status, 201)
    await service.users.save({ username: 'writer', role: 'admin' }, 'changed')
    assert.equal((await ask('GET', '/', { as: 'writer:pass-word' })).status, 401)
    assert.equal((await ask('GET', '/', { as: 'writer:changed' })).status, 200)
    assert.equal(await service.users.remove('reader'), true)
    assert.equal(await service.users.remove('reader'), false)
    assert.equal((await ask('GET', '/', { as: 'reader:pass word' })).status, 401)
  })

  test('lets those who may only read do nothing else, where the cluster does not see to that', async (t) => {
    if (!existsSync(join(folder, 'users.json'))) return t.skip('the cluster keeps its users itself')
    await service.users.save({ username: 'reader', role: 'readonly' }, 'pw')
    const as = 'reader:pw'
    assert.equal((await ask('PUT', '/people/_doc/2', { as, body: '{}' })).status, 403)
    assert.equal((await ask('POST', '/people/_search', { as, body: '{}' })).status, 200)
  })

  test('refuses names that a URL or a header would not carry', async () => {
    for (const username of ['', 'a:b', 'a/b', '../x', 'ü']) {
      const saved = service.users.save({ username, role: 'admin' }, 'p')
      await assert.rejects(saved, (error) => error instanceof AppError && error.kind === 'invalid')
    }
  })

  test('passes large bodies both ways', async () => {
    await service.users.save({ username: 'writer', role: 'admin' }, 'pw')
    const text = 'x'.repeat(3_000_000)
    const body = JSON.stringify({ text })
    const put = await ask('PUT', '/people/_doc/large', { as: 'writer:pw', body })
    assert.equal(put.status, 201)
    const got = await ask('GET', '/people/_doc/large', { as: 'writer:pw' })
    assert.equal(JSON.parse(got.text)._source.text, text)
  })

  test('ends a connection when what is under way is answered', async () => {
    const before = await ask('GET', '/')
    assert.equal(before.status, 401)
    const connection = connections.at(-1) as DriverConnection
    connection.end()
    await connection.closed
  })

  test('keeps no password in the clear', async () => {
    await service.users.save({ username: 'writer', role: 'admin' }, 'in the clear')
    for (const name of readdirSync(folder)) {
      const file = join(folder, name)
      assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.doesNotMatch(readFileSync(file, 'utf8'), /in the clear/)
    }
  })
}
