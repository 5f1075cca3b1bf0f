import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folderTarget } from '../../backups/folder-target.js'
import { AppError } from '../../errors.js'
import type { RunningElasticsearch } from '../driver.js'
import { connectElasticsearch } from './connect.js'
import { managedElasticsearch } from './managed.js'

const realHome = process.env.GANTRY_TEST_ELASTICSEARCH_HOME
const spec = {
  type: 'elasticsearch',
  version: '',
  plan: 2,
  settings: {},
  user: 'main',
  password: 'p',
}

/** A folder laid out as a distribution, whose nodes answer as recorded. */
function standIn(folder: string): string {
  const home = join(folder, 'distribution')
  const node = fileURLToPath(new URL('../../testing/recorded-node.js', import.meta.url))
  for (const name of ['bin', 'lib', 'config']) mkdirSync(join(home, name), { recursive: true })
  writeFileSync(join(home, 'lib', 'elasticsearch-8.15.0.jar'), '')
  writeFileSync(join(home, 'config', 'jvm.options'), '')
  writeFileSync(join(home, 'config', 'log4j2.properties'), '')
  const command = join(home, 'bin', 'elasticsearch')
  const run = `exec "${process.execPath}" "${node}" "$ES_PATH_CONF/elasticsearch.yml"`
  writeFileSync(command, `#!/bin/sh\n${run}\n`)
  chmodSync(command, 0o700)
  return home
}

describe('a managed Elasticsearch that is not installed', () => {
  for (const [home, message] of [
    [undefined, /no Elasticsearch and no OpenSearch is configured: unpack .* or attach/],
    [tmpdir(), /holds no Elasticsearch and no OpenSearch: unpack/],
  ] as const) {
    test(`says so and how to get it (${home ?? 'nothing configured'})`, async () => {
      const driver = managedElasticsearch({ home, heapMb: 256 })
      await assert.rejects(
        async () => driver.check?.(spec),
        (error) =>
          error instanceof AppError && error.kind === 'unavailable' && message.test(error.message),
      )
    })
  }
})

const subject = realHome ? 'real' : 'stand-in'
describe(`a managed Elasticsearch (${subject} distribution)`, () => {
  test(
    'is a real one only when GANTRY_TEST_ELASTICSEARCH_HOME names it',
    {
      skip:
        realHome === undefined &&
        'NO REAL DISTRIBUTION: one that answers as recorded stands in; set GANTRY_TEST_ELASTICSEARCH_HOME',
    },
    () => assert.ok(realHome),
  )

  const folder = mkdtempSync(join(tmpdir(), 'gantry-elasticsearch-'))
  const place = { folder: join(folder, 'instance') }
  const driver = managedElasticsearch({ home: realHome ?? standIn(folder), heapMb: 512 })
  let service: RunningElasticsearch
  before(async () => {
    service = await driver.start(spec, place)
  })
  after(async () => {
    await service.stop()
    rmSync(folder, { recursive: true })
  })

  const nodes = () =>
    JSON.parse(readFileSync(join(place.folder, 'nodes.json'), 'utf8')) as { httpPort: number }[]

  test('runs, and keeps its settings to itself', async () => {
    await service.health()
    const settings = readFileSync(join(place.folder, 'node-0', 'elasticsearch.yml'), 'utf8')
    assert.match(settings, /^network.host: "127.0.0.1"$/m)
    assert.match(settings, /^xpack.security.enabled: false$/m)
    const [log] = (await service.logs?.(10)) ?? []
    assert.equal(log.process, 'node-0')
    assert.ok(log.pid > 0 && log.lines.length > 0)
  })

  test('comes back from a snapshot as it was', async () => {
    const [first] = nodes()
    const node = await connectElasticsearch({ nodes: [`http://127.0.0.1:${first.httpPort}`] })
    await node.request('PUT', '/people/_doc/1', { body: { n: 1 } })
    const files = folderTarget(join(folder, 'backups')).files('one')
    const { signal } = new AbortController()
    let done = 0
    const progress = (part: number) => {
      done = part
    }
    const common = { signal, progress, bytes: 0, users: false }
    const content = await service.backup?.(files, {
      ...common,
      label: '20150827_0001',
      layout: 'directory',
      gzip: false,
    })
    assert.equal(done, 1)
    assert.match(content?.format ?? '', /snapshot repository/)
    assert.ok((await files.list()).length > 0)
    await node.request('PUT', '/people/_doc/1', { body: { n: 2 } })
    await service.restore?.(files, common)
    const { _source } = await node.request('GET', '/people/_doc/1')
    assert.deepEqual(_source, { n: 1 })
    await node.close()
  })

  test('takes another node, which is in builds until it is there', async () => {
    const build = await service.addDataNode?.()
    assert.match(build ?? '', /^[0-9a-f]{24}$/)
    let builds = (await service.dataNodes()).builds
    assert.deepEqual(builds, [build])
    while (builds.length > 0) builds = (await service.dataNodes()).builds
    assert.equal(nodes().length, 2)
    assert.equal((await service.logs?.(1))?.length, 2)
  })

  test('is taken over as it runs when it was left behind, and otherwise started again', async () => {
    const before = (await service.logs?.(1))?.map(({ pid }) => pid)
    const second = await driver.start(spec, place)
    assert.deepEqual(
      (await second.logs?.(1))?.map(({ pid }) => pid),
      before,
    )
    await service.stop()
    await second.stop()
    service = await driver.start(spec, place)
    const after = (await service.logs?.(1))?.map(({ pid }) => pid)
    assert.equal(after?.length, 2)
    assert.notDeepEqual(after, before)
  })
})
