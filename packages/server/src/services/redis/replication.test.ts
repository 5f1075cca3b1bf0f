import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseInfo } from './info.js'
import { acknowledged, follows, isLinked, keepsOwnLog, obstacle } from './replication.js'

const primary = (slave: string) =>
  parseInfo(`# Replication\nrole:master\nconnected_slaves:1\nslave0:${slave}\n`)
const online = primary('ip=127.0.0.1,port=7002,state=online,offset=1000,lag=1')

function replica(fields: { [name: string]: string | number } = {}, persistence = 'loading:0') {
  const all = {
    role: 'slave',
    master_host: '127.0.0.1',
    master_port: 7001,
    master_link_status: 'down',
    master_sync_in_progress: 0,
    master_link_down_since_seconds: 0,
    slave_repl_offset: 1000,
    ...fields,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}:${value}`)
  return parseInfo(`# Persistence\n${persistence}\n# Replication\n${lines.join('\n')}\n`)
}

describe('a replica', () => {
  test('is linked when both ends say so', () => {
    const up = replica({ master_link_status: 'up' })
    const ports = { primaryPort: 7001, replicaPort: 7002 }
    assert.equal(isLinked({ primary: online, replica: up, ...ports }), true)
    assert.equal(isLinked({ primary: online, replica: replica(), ...ports }), false)
    assert.equal(isLinked({ primary: online, replica: up, ...ports, primaryPort: 7009 }), false)
    for (const slave of [
      'ip=127.0.0.1,port=7002,state=send_bulk,offset=0,lag=0',
      'ip=127.0.0.1,port=7002,state=online,offset=900,lag=6',
      'ip=127.0.0.1,port=7003,state=online,offset=1000,lag=0',
    ]) {
      assert.equal(isLinked({ primary: primary(slave), replica: up, ...ports }), false, slave)
    }
    assert.equal(acknowledged(online, 7002), 1000)
    assert.equal(follows(online, 7001), false)
  })

  test('keeps a log of its own once that has been written anew', () => {
    const done = [
      'loading:0',
      'aof_enabled:1',
      'aof_rewrite_in_progress:0',
      'aof_rewrite_scheduled:0',
      'aof_last_bgrewrite_status:ok',
      'aof_last_write_status:ok',
    ]
    assert.equal(keepsOwnLog(replica({}, done.join('\n'))), true)
    for (const [index, line] of done.entries()) {
      const other = line
        .replace(/[01]$/, (digit) => (digit === '0' ? '1' : '0'))
        .replace('ok', 'err')
      assert.notEqual(other, line)
      assert.equal(keepsOwnLog(replica({}, done.with(index, other).join('\n'))), false, other)
    }
  })

  for (const [why, fields, persistence, expected] of [
    ['has read everything', {}, 'loading:0', undefined],
    ['has been promoted before', { role: 'master' }, 'loading:0', undefined],
    ['still reads', { master_link_status: 'up' }, 'loading:0', 'reading'],
    ['takes over everything', { master_sync_in_progress: 1 }, 'loading:0', /whole data set/],
    ['loads', {}, 'loading:1', /loads/],
    ['lost the primary before', { master_link_down_since_seconds: 9 }, 'loading:0', /had lost/],
    ['never had a primary', { slave_repl_offset: 0 }, 'loading:0', /behind/],
  ] as const) {
    test(`that ${why} may take over, or not`, () => {
      const found = obstacle(replica(fields, persistence), { sinceS: 2, acknowledged: 1000 })
      if (expected instanceof RegExp) assert.match(found ?? '', expected)
      else assert.equal(found, expected)
    })
  }
})
