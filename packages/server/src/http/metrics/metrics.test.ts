import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { addressSet, parseRanges } from '../../addresses/address-range.js'
import { openTestApp, type TestApp } from '../../testing/test-app.js'
import { exposition } from './exposition.js'
import { toldAs } from './number-rules.js'

interface Parsed {
  readonly types: Map<string, string>
  readonly samples: { name: string; labels: Record<string, string>; value: number }[]
}

/** Reads Prometheus' text as its documentation describes it, and throws at whatever is not so. */
function parse(text: string): Parsed {
  const types = new Map<string, string>()
  const samples: Parsed['samples'] = []
  const seen = new Set<string>()
  assert.ok(text.endsWith('\n'))
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (comment) {
      const [, kind, name, rest] = comment
      if (kind === 'TYPE') {
        assert.match(rest, /^(counter|gauge|histogram)$/)
        assert.ok(!types.has(name), `${name} comes twice`)
        types.set(name, rest)
      }
      continue
    }
    const [, name, labelText = '', number] =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/.exec(line) ?? assert.fail(line)
    const labels: Record<string, string> = {}
    const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y
    while (pair.lastIndex < labelText.length) {
      const found = pair.exec(labelText) ?? assert.fail(line)
      labels[found[1]] = found[2].replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    }
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
    assert.ok(types.has(family), `${name} has no type`)
    const key = `${name} ${JSON.stringify(labels)}`
    assert.ok(!seen.has(key), `${key} comes twice`)
    seen.add(key)
    const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number)
    assert.ok(number === 'NaN' || !Number.isNaN(value), line)
    samples.push({ name, labels, value })
  }
  return { types, samples }
}

describe('the text of metrics', () => {
  test('has everything escaped that has to be', () => {
    const odd = 'a "quoted" \\ path\nand more, {b="c"}'
    const text = exposition([
      {
        name: 'x_total',
        type: 'counter',
        help: 'One \\ two\nthree',
        samples: [{ labels: { odd, plain: 'ü' }, value: 1.5e300 }],
      },
      { name: 'empty', type: 'gauge', help: 'Nothing', samples: [] },
      {
        name: 'y',
        type: 'gauge',
        help: 'Odd numbers',
        samples: [
          { labels: { n: 'a' }, value: Number.POSITIVE_INFINITY },
          { labels: {}, value: Number.NaN },
        ],
      },
    ])
    const { samples, types } = parse(text)
    assert.deepEqual(samples[0], { name: 'x_total', labels: { odd, plain: 'ü' }, value: 1.5e300 })
    assert.deepEqual([...types.keys()], ['x_total', 'y'])
    assert.match(text, /# HELP x_total One \\\\ two\\nthree\n/)
  })

  const names: [Parameters<typeof toldAs>[0], string, string, object][] = [
    ['mongodb', 'opcounters.insert', 'gantry_mongodb_operations_total', { type: 'insert' }],
    [
      'mongodb',
      'db/a b/dataSize',
      'gantry_mongodb_database_bytes',
      { database: 'a b', kind: 'data' },
    ],
    [
      'mongodb',
      'wiredTiger.cache.bytes read into cache',
      'gantry_mongodb_wired_tiger_cache_bytes_read_into_cache_total',
      {},
    ],
    ['redis', 'total_commands_processed', 'gantry_redis_total_commands_processed_total', {}],
    ['redis', 'used_memory', 'gantry_redis_used_memory', {}],
    ['elasticsearch', 'jvm.uptime_in_millis', 'gantry_elasticsearch_jvm_uptime_in_millis', {}],
    [
      'elasticsearch',
      'indices.search.query_total',
      'gantry_elasticsearch_indices_search_query_total',
      {},
    ],
    [
      'machine',
      'disk/sda1/readMs',
      'gantry_machine_disk_seconds_total',
      { partition: 'sda1', type: 'read' },
    ],
    ['redis', 'cmdstat_get.calls', 'gantry_redis_command_calls_total', { command: 'get' }],
    ['redis', 'total_system_memory', 'gantry_redis_total_system_memory', {}],
    ['redis', 'db0.keys', 'gantry_redis_database_keys', { database: '0', kind: 'keys' }],
  ]
  for (const [service, name, family, labels] of names) {
    test(`${service}'s ${name} is ${family}`, () => {
      const told = toldAs(service, name)
      assert.equal(told.family, family)
      assert.deepEqual(told.labels, labels)
      assert.equal(told.type === 'counter', family.endsWith('_total'))
    })
  }
})

describe('GET /metrics', () => {
  let app: TestApp
  before(async () => {
    app = await openTestApp()
    const [instance] = app.control.instances.all()
    const { task } = await app.control.backups.create(instance)
    assert.equal((await app.control.tasks.finished(task.id)).state, 'succeeded')
  })
  after(() => app.close())

  const read = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
    app.inject({ url: '/metrics', headers, remoteAddress })

  const v1 = (path: string, doc: object) =>
    app.inject({
      method: 'POST',
      url: path,
      payload: new URLSearchParams({
        api_key: app.credentials.apiKey,
        doc: JSON.stringify(doc),
      }).toString(),
    })

  async function sampled(): Promise<string> {
    for (let i = 0; i < 3; i++) await v1('/db/shop/collection/things/add', { _id: i })
    await v1('/db/shop/collection/things/add', { _id: 0 })
    await app.inject({ url: '/v2/plans/' })
    await app.inject({ url: '/v2/nowhere/' })
    const [instance] = app.control.instances.all()
    await app.control.metrics.sample(instance)
    const reply = await read()
    assert.equal(reply.statusCode, 200)
    assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    return reply.payload
  }

  test('tells of instances with whose they are, of requests and of the server', async () => {
    const { samples, types } = parse(await sampled())
    const [instance] = app.control.instances.all()
    const find = (name: string, labels: Record<string, string>) =>
      samples.find(
        (each) =>
          each.name === name && Object.entries(labels).every(([k, v]) => each.labels[k] === v),
      ) ?? assert.fail(`${name} ${JSON.stringify(labels)}`)
    // API v1 adds by saving.
    const saved = find('gantry_mongodb_operations_total', { type: 'update' })
    assert.equal(saved.value, 4)
    assert.deepEqual(Object.keys(saved.labels), [
      'instance_name',
      'instance_id',
      'service',
      'account',
      'host',
      'type',
    ])
    assert.equal(saved.labels.account, instance.account)
    assert.equal(saved.labels.instance_name, 'default')
    const items = { database: 'shop', kind: 'objects' }
    assert.equal(find('gantry_mongodb_database_items', items).value, 3)
    assert.equal(find('gantry_instance_up', { instance_id: instance.id }).value, 1)
    const route = { dialect: 'v1', route: '/db/{db}/collection/{collection}/add' }
    assert.equal(find('gantry_http_requests_total', { ...route, status: '200' }).value, 4)
    const slowest = { ...route, le: '+Inf' }
    assert.equal(find('gantry_http_request_duration_seconds_bucket', slowest).value, 4)
    assert.equal(find('gantry_http_request_duration_seconds_count', route).value, 4)
    assert.equal(
      find('gantry_http_requests_total', { route: '/v2/plans/', status: '401' }).value,
      1,
    )
    assert.equal(find('gantry_http_requests_total', { dialect: 'v2', route: 'none' }).value, 1)
    assert.ok(find('process_resident_memory_bytes', {}).value > 1e6)
    assert.ok(find('nodejs_eventloop_lag_max_seconds', {}).value >= 0)
    assert.equal(types.get('gantry_http_request_duration_seconds'), 'histogram')
    const backups = { instance_id: instance.id, state: 'complete' }
    assert.equal(find('gantry_backups', backups).value, 1)
    assert.ok(find('gantry_backup_last_success_timestamp_seconds', {}).value > 1.7e9)
    assert.ok(find('gantry_backup_last_size_bytes', {}).value > 0)
  })

  test('satisfies promtool', async (t) => {
    const found = spawnSync('promtool', ['--version'])
    if (found.error) return t.skip('there is no promtool: apt-get install prometheus')
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
      input: await sampled(),
    })
    assert.equal(status, 0, `${stderr}${stdout}`)
  })

  test('is for this machine alone', async () => {
    assert.equal((await read()).statusCode, 200)
    assert.equal((await read({}, '::1')).statusCode, 200)
    assert.equal((await read({}, '::ffff:127.0.0.1')).statusCode, 200)
    for (const [headers, address] of [
      [{}, '10.0.0.1'],
      [{}, '::ffff:10.0.0.1'],
      // A proxy here that nobody trusts brings somebody else.
      [{ 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1'],
      [{ forwarded: 'for=10.0.0.1' }, '127.0.0.1'],
    ] as const) {
      const reply = await read(headers, address)
      assert.equal(reply.statusCode, 403)
      assert.doesNotMatch(reply.payload, /gantry_/)
    }
  })

  test('has no other paths and methods', async () => {
    assert.equal((await app.inject({ url: '/metrics/more' })).statusCode, 404)
    const post = await app.inject({ method: 'POST', url: '/metrics' })
    assert.equal(post.statusCode, 405)
    assert.equal(post.headers.allow, 'GET, HEAD')
    const head = await app.inject({ method: 'HEAD', url: '/metrics' })
    assert.deepEqual([head.statusCode, head.payload], [200, ''])
  })

  test('with a token is for whoever has it, and for no one else', async () => {
    const proxies = addressSet(parseRanges('10.0.0.1') ?? [])
    const guarded = await openTestApp({ app: { metricsToken: 'secret', proxies } })
    try {
      for (const [authorization, status] of [
        ['Bearer secret', 200],
        ['Bearer Secret', 401],
        ['secret', 401],
        ['', 401],
      ] as const) {
        for (const remoteAddress of ['127.0.0.1', '10.9.9.9']) {
          const headers = { authorization }
          const reply = await guarded.inject({ url: '/metrics', headers, remoteAddress })
          assert.equal(reply.statusCode, status, authorization)
        }
      }
    } finally {
      await guarded.close()
    }
  })

  test('through a proxy that is trusted is for whom it names', async () => {
    const proxies = addressSet(parseRanges('127.0.0.1') ?? [])
    const behind = await openTestApp({ app: { proxies } })
    try {
      for (const [from, status] of [
        ['10.9.9.9', 403],
        ['127.0.0.5', 200],
      ] as const) {
        const headers = { 'x-forwarded-for': from }
        const reply = await behind.inject({ url: '/metrics', headers, remoteAddress: '127.0.0.1' })
        assert.equal(reply.statusCode, status, from)
      }
    } finally {
      await behind.close()
    }
  })
})
