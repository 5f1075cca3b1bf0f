import assert from 'node:assert/strict'
import { test } from 'node:test'
import { infoNumber, infoNumbers, infoParts, infoText, parseInfo } from './info.js'

const text = [
  '# Server',
  'redis_version:7.0.15',
  'tcp_port:6379',
  'uptime_in_seconds:120',
  '',
  '# Memory',
  'used_memory:1719664',
  'used_memory_human:1.64M',
  'mem_fragmentation_ratio:4.25',
  '',
  '# Replication',
  'role:master',
  'slave0:ip=127.0.0.1,port=7001,state=online,offset=14,lag=1',
  '',
  '# Commandstats',
  'cmdstat_config|get:calls=2,usec=20,usec_per_call=10.00',
  '# Errorstats',
  'errorstat_ERR:count=3',
  '# Keyspace',
  'db0:keys=10,expires=1,avg_ttl=-5',
  '',
].join('\r\n')

test('INFO is read by section and field', () => {
  const info = parseInfo(text)
  assert.equal(infoText(info, 'server', 'redis_version'), '7.0.15')
  assert.equal(infoNumber(info, 'memory', 'used_memory'), 1719664)
  assert.equal(infoText(info, 'memory', 'no_such'), undefined)
  assert.ok(Number.isNaN(infoNumber(info, 'nowhere', 'used_memory')))
  const replica = infoParts(infoText(info, 'replication', 'slave0') ?? '')
  assert.deepEqual([replica.get('port'), replica.get('state')], ['7001', 'online'])
})

test('all measures of INFO are numbers by flat names', () => {
  assert.deepEqual(infoNumbers(parseInfo(text)), {
    uptime_in_seconds: 120,
    used_memory: 1719664,
    mem_fragmentation_ratio: 4.25,
    'slave0.port': 7001,
    'slave0.offset': 14,
    'slave0.lag': 1,
    'cmdstat_config|get.calls': 2,
    'cmdstat_config|get.usec': 20,
    'errorstat_ERR.count': 3,
    'db0.keys': 10,
    'db0.expires': 1,
    'db0.avg_ttl': -5,
  })
})
