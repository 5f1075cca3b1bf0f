import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import stringWidth from 'string-width'
import { type HostsSample, readingOf } from './hosts.js'
import { type HostsEntry, hostsStat } from './hosts-line.js'
import { hostsView } from './hosts-view.js'

type Hosts = { readonly [host: string]: { readonly [name: string]: number } }

const at = (takenMs: number, hosts: Hosts): HostsSample => ({
  instance: 'cache',
  version: '7.0.15',
  takenMs: Date.UTC(2026, 0, 2, 3, 4, 5) + takenMs,
  hosts: Object.entries(hosts).map(([host, values]) => ({ host, values })),
})

const primary = {
  uptime_in_seconds: 100,
  total_commands_processed: 1000,
  keyspace_hits: 50,
  keyspace_misses: 5,
  used_memory: 1_200_000,
  connected_clients: 7,
  evicted_keys: 0,
  expired_keys: 10,
  connected_slaves: 1,
  'slave0.lag': 2,
  'db0.keys': 30,
  'db3.keys': 4,
  'db3.expires': 2,
}
const replica = {
  uptime_in_seconds: 90,
  total_commands_processed: 9_000,
  used_memory: 1_100_000,
  connected_slaves: 0,
  slave_repl_offset: 14,
  master_last_io_seconds_ago: 1,
  'db0.keys': 30,
}
const redis: HostsEntry = {
  name: 'one',
  service: 'redis',
  before: at(0, { 'a:1': primary, 'b:2': replica }),
  sample: at(2000, {
    'a:1': {
      ...primary,
      total_commands_processed: 5000,
      keyspace_hits: 150,
      keyspace_misses: 7,
      expired_keys: 30,
    },
    'b:2': { ...replica, total_commands_processed: 11_000 },
  }),
}

const node = {
  'jvm.uptime_in_millis': 5000,
  'indices.docs.count': 100,
  'indices.indexing.index_total': 10,
  'indices.search.query_total': 20,
  'indices.store.size_in_bytes': 4096,
  'jvm.mem.heap_used_in_bytes': 250,
  'jvm.mem.heap_max_in_bytes': 1000,
  'http.current_open': 3,
}
const elasticsearch: HostsEntry = {
  name: '',
  service: 'elasticsearch',
  before: at(0, { one: node, two: node }),
  sample: at(1000, {
    one: { ...node, 'indices.indexing.index_total': 15, 'jvm.mem.heap_used_in_bytes': 500 },
    two: { ...node, 'indices.search.query_total': 27 },
  }),
}

describe('the line of stat', () => {
  test('of Redis tells the primary, whose replica counts the same once more', () => {
    const { heading, line } = hostsStat(redis, ['one'])
    assert.match(
      heading,
      /^ +ops\/s +hits\/s +misses\/s +memory +clients +keys +evict\/s +expire\/s +role +replicas +lag s {2}time$/,
    )
    assert.match(line, /^ +2000 +50 +1 +1200k +7 +34 +0 +10 +primary +1 +2 {2}03:04:07$/)
    for (const column of ['ops/s', 'memory', 'role', 'lag s']) {
      const end = heading.indexOf(column) + column.length
      assert.match(line.slice(end - 1, end + 1), /^\S $/, column)
    }
  })

  test('of replicas alone, and of a Redis without keys', () => {
    const { total_commands_processed, ...rest } = replica
    const alone = { ...redis, before: at(0, { b: replica }), sample: at(1000, { b: rest }) }
    const { record } = hostsStat(alone, [])
    const { role, replicationLag, keys, operations } = record as Record<string, unknown>
    assert.deepEqual([role, replicationLag, keys, operations], ['replica', 1, 30, undefined])
    const empty = { ...redis, sample: at(1000, { a: { used_memory: 1 } }) }
    assert.equal((hostsStat(empty, []).record as { keys: number }).keys, 0)
  })

  test('of Elasticsearch adds up its nodes', () => {
    const { heading, line, record } = hostsStat(elasticsearch, [''])
    assert.match(heading, /^ +docs +index\/s +query\/s +heap % +store +http {2}time$/)
    assert.match(line, /^ +200 +5 +7 +37\.5 +8192 +6 {2}03:04:06$/)
    assert.deepEqual(record, {
      time: '2026-01-02T03:04:06.000Z',
      instance: 'cache',
      service: 'elasticsearch',
      documents: 200,
      indexed: 5,
      queries: 7,
      heapPercent: 37.5,
      store: 8192,
      openHttp: 6,
    })
  })

  test('is of nothing when no host answers', () => {
    for (const entry of [redis, elasticsearch]) {
      assert.match(hostsStat({ ...entry, sample: at(1000, {}) }, ['']).line, /^[ -]+ {2}03:04:06$/)
    }
  })

  test('of several have their names before them', () => {
    assert.match(hostsStat(redis, ['one', 'another']).line, /^one {8} +2000/)
  })
})

describe('rates', () => {
  const before = at(0, { a: { n: 100, uptime_in_seconds: 9 }, b: { n: 100 } })
  const perSecond = (hosts: Hosts, ms = 2000) => {
    const sample = at(ms, hosts)
    return readingOf(sample.hosts, sample, before).perSecond('n')
  }
  const cases: [what: string, hosts: Hosts, rate: number | undefined][] = [
    ['of all hosts', { a: { n: 110 }, b: { n: 104 } }, 7],
    ['of a host that has counted anew', { b: { n: 40 } }, 20],
    ['of a host that was started anew', { a: { n: 130, uptime_in_seconds: 1 } }, 65],
    ['without a host that is new', { a: { n: 110 }, c: { n: 5000 } }, 5],
    ['of new hosts only', { c: { n: 5000 } }, undefined],
    ['of what is not told', { a: { m: 1 } }, undefined],
  ]
  for (const [what, hosts, rate] of cases) {
    test(what, () => assert.equal(perSecond(hosts), rate))
  }
  test('of no time', () => assert.equal(perSecond({ a: { n: 110 } }, 0), undefined))
})

describe('top', () => {
  const shown = { sort: 'age', reversed: false, paused: false, problem: undefined } as const

  test('shows the instance and each host', () => {
    const lines = hostsView(redis).plain(shown).split('\n')
    assert.equal(lines[0], 'cache  redis  version 7.0.15  03:04:07')
    assert.match(lines[2], /^HOST +ops\/s/)
    assert.match(lines[3], /^all +2000 .* primary/)
    assert.match(lines[4], /^a:1 +2000 .* primary/)
    assert.match(lines[5], /^b:2 +1000 .* replica/)
  })

  test('tells programs the same', () => {
    const record = hostsView(redis).record('age') as {
      operations: number
      hosts: { host: string; operations: number; role: string }[]
    }
    assert.equal(record.operations, 2000)
    assert.deepEqual(
      record.hosts.map(({ host, operations, role }) => [host, operations, role]),
      [
        ['a:1', 2000, 'primary'],
        ['b:2', 1000, 'replica'],
      ],
    )
  })

  test('has no rates at first', () => {
    const first = hostsView({ ...redis, before: undefined })
    assert.equal(first.hasRates, false)
    assert.match(first.plain(shown), /^all +- +- +- +1200k/m)
  })

  for (const [columns, rows] of [
    [80, 24],
    [20, 3],
    [1, 1],
  ]) {
    test(`fills ${columns} x ${rows} and no more`, () => {
      const lines = hostsView(redis).render({ ...shown, problem: 'gone' }, { columns, rows })
      assert.equal(lines.length, rows)
      for (const { text } of lines) assert.ok(stringWidth(text) <= columns, text)
    })
  }
})
