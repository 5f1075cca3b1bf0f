import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { processDocument, smallestDocument } from '../testing/goal-document.js'
import type { GoalProcess, Json, JsonObject } from './goal.js'
import { shapeFaults } from './goal-shape.js'

/** The smallest document with a value at a path such as `processes.0.args2_6.net.port`. */
function documentWith(path: string, value: Json | undefined): JsonObject {
  const document = structuredClone(smallestDocument()) as JsonObject
  const names = path.split('.')
  let place = document as Record<string, unknown>
  for (const [i, name] of names.slice(0, -1).entries()) {
    place[name] ??= /^\d+$/.test(names[i + 1]) ? [] : {}
    place = place[name] as Record<string, unknown>
  }
  if (value === undefined) delete place[names.at(-1) as string]
  else place[names.at(-1) as string] = value
  return document
}

const user = { user: 'ann', db: 'admin', roles: [] }
const shard = { name: 'c', configServerReplica: 'rs0', shards: [] }
const index = { dbName: 'd', collectionName: 'c', rsName: 'rs0', key: [['a', 1]] }
const rotation = { sizeThresholdMB: 1000.5, timeThresholdHrs: 24 }

/** Path, value, error code, and the path that is named where it is another one. */
const faults: readonly (readonly [string, Json | undefined, string, string?])[] = [
  ['unknown', 1, 'INVALID_ATTRIBUTE'],
  ['links', [], 'INVALID_ATTRIBUTE'],
  ['processes', undefined, 'MISSING_ATTRIBUTE'],
  ['processes', null, 'MISSING_ATTRIBUTE'],
  ['processes', {}, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0', null, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0', 'rs0_0', 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets', undefined, 'MISSING_ATTRIBUTE'],
  ...['name', 'processType', 'version', 'hostname', 'authSchemaVersion'].map(
    (name) => [`processes.0.${name}`, undefined, 'MISSING_ATTRIBUTE'] as const,
  ),
  ['processes.0.featureCompatibilityVersion', undefined, 'MISSING_ATTRIBUTE'],
  ['processes.0.args2_6', undefined, 'MISSING_ATTRIBUTE', 'processes[0].args2_6.net.port'],
  ['processes.0.args2_6.net', undefined, 'MISSING_ATTRIBUTE', 'processes[0].args2_6.net.port'],
  ['processes.0.args2_6.net.port', null, 'MISSING_ATTRIBUTE'],
  ['processes.0.args2_6.net.port', '27017', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.port', 27017.5, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.port', 0, 'ATTRIBUTE_NEGATIVE_OR_ZERO'],
  ['processes.0.args2_6.net.port', 65_536, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.bindIpAll', 'yes', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.listenBacklog', 128, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.tls.mode', 1, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.net.ssl.PEMKeyFile', false, 'INVALID_JSON_ATTRIBUTE'],
  [
    'processes.0.args2_6.storage',
    undefined,
    'MISSING_ATTRIBUTE',
    'processes[0].args2_6.storage.dbPath',
  ],
  ['processes.0.args2_6.storage.dbPath', undefined, 'MISSING_ATTRIBUTE'],
  ['processes.0.args2_6.storage.wiredTiger', [], 'INVALID_JSON_ATTRIBUTE'],
  [
    'processes.0.args2_6.systemLog',
    undefined,
    'MISSING_ATTRIBUTE',
    'processes[0].args2_6.systemLog.path',
  ],
  ['processes.0.args2_6.systemLog.path', undefined, 'MISSING_ATTRIBUTE'],
  ['processes.0.args2_6.systemLog.destination', 'syslog', 'INVALID_ENUM_VALUE'],
  ['processes.0.args2_6.systemLog.verbosity', -1, 'ATTRIBUTE_NEGATIVE'],
  ['processes.0.args2_6.replication.oplogSizeMB', 'big', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.sharding.clusterRole', 'shard', 'INVALID_ENUM_VALUE'],
  ['processes.0.args2_6.security', 'on', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.args2_6.setParameter', [], 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.processType', 'mongo', 'INVALID_ENUM_VALUE'],
  ['processes.0.authSchemaVersion', 4, 'INVALID_ENUM_VALUE'],
  ['processes.0.authSchemaVersion', '5', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.disabled', 1, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.manualMode', 'true', 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.alias', 7, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.lastRestart', 5, 'INVALID_JSON_ATTRIBUTE'],
  ['processes.0.lastResync', '27/09/2018', 'INVALID_DATE_FORMAT'],
  ['processes.0.lastCompact', '2026-13-01', 'INVALID_DATE_FORMAT'],
  [
    'processes.0.logRotate.numTotal',
    1,
    'MISSING_ATTRIBUTE',
    'processes[0].logRotate.sizeThresholdMB',
  ],
  [
    'processes.0.logRotate',
    { ...rotation, timeThresholdHrs: 0.5 },
    'INVALID_JSON_ATTRIBUTE',
    'processes[0].logRotate.timeThresholdHrs',
  ],
  [
    'processes.0.auditLogRotate',
    { ...rotation, numUncompressed: -1 },
    'ATTRIBUTE_NEGATIVE',
    'processes[0].auditLogRotate.numUncompressed',
  ],
  ['replicaSets.0._id', undefined, 'MISSING_ATTRIBUTE'],
  ['replicaSets.0.members', null, 'MISSING_ATTRIBUTE'],
  ['replicaSets.0.protocolVersion', 1, 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.settings', [], 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.writeConcernMajorityJournalDefault', true, 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.force.currentVersion', 'x', 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.members.0._id', undefined, 'MISSING_ATTRIBUTE'],
  ['replicaSets.0.members.0._id', -1, 'ATTRIBUTE_NEGATIVE'],
  ['replicaSets.0.members.0.host', undefined, 'MISSING_ATTRIBUTE'],
  ['replicaSets.0.members.0.priority', -1, 'ATTRIBUTE_NEGATIVE'],
  ['replicaSets.0.members.0.priority', 1001, 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.members.0.votes', 2, 'INVALID_ENUM_VALUE'],
  ['replicaSets.0.members.0.hidden', 'no', 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.members.0.secondaryDelaySecs', -5, 'ATTRIBUTE_NEGATIVE'],
  ['replicaSets.0.members.0.slaveDelay', 'x', 'INVALID_JSON_ATTRIBUTE'],
  ['replicaSets.0.members.0.tags', 'x', 'INVALID_JSON_ATTRIBUTE'],
  ['sharding', [{ ...shard, name: null }], 'MISSING_ATTRIBUTE', 'sharding[0].name'],
  [
    'sharding',
    [{ ...shard, shards: [{ _id: 'a' }] }],
    'MISSING_ATTRIBUTE',
    'sharding[0].shards[0].rs',
  ],
  ['sharding', [{ ...shard, draining: 'a' }], 'INVALID_JSON_ATTRIBUTE', 'sharding[0].draining'],
  [
    'sharding',
    [{ ...shard, managedSharding: 1 }],
    'INVALID_JSON_ATTRIBUTE',
    'sharding[0].managedSharding',
  ],
  [
    'sharding',
    [{ ...shard, collections: [{}] }],
    'MISSING_ATTRIBUTE',
    'sharding[0].collections[0]._id',
  ],
  ['indexConfigs', [{ ...index, rsName: null }], 'MISSING_ATTRIBUTE', 'indexConfigs[0].rsName'],
  ['indexConfigs', [{ ...index, key: ['a'] }], 'INVALID_JSON_ATTRIBUTE', 'indexConfigs[0].key[0]'],
  ['auth.disabled', null, 'MISSING_ATTRIBUTE'],
  ['auth.disabled', 'true', 'INVALID_JSON_ATTRIBUTE'],
  [
    'auth.deploymentAuthMechanisms',
    ['MD5'],
    'INVALID_ENUM_VALUE',
    'auth.deploymentAuthMechanisms[0]',
  ],
  [
    'auth.usersWanted',
    [{ ...user, roles: null }],
    'MISSING_ATTRIBUTE',
    'auth.usersWanted[0].roles',
  ],
  [
    'auth.usersWanted',
    [{ ...user, roles: [{ role: 'root' }] }],
    'MISSING_ATTRIBUTE',
    'auth.usersWanted[0].roles[0].db',
  ],
  ['auth.usersWanted', [{ ...user, pwd: 5 }], 'INVALID_JSON_ATTRIBUTE', 'auth.usersWanted[0].pwd'],
  [
    'auth.usersWanted',
    [{ ...user, scramSha1Creds: { salt: 'x' } }],
    'MISSING_ATTRIBUTE',
    'auth.usersWanted[0].scramSha1Creds.iterationCount',
  ],
  ['auth.usersDeleted', [{ user: 'a' }], 'MISSING_ATTRIBUTE', 'auth.usersDeleted[0].dbs'],
  ['roles', [{ role: 'r' }], 'MISSING_ATTRIBUTE', 'roles[0].db'],
  ['tls.clientCertificateMode', 'MAYBE', 'INVALID_ENUM_VALUE'],
  ['ssl.CAFilePath', 5, 'INVALID_JSON_ATTRIBUTE'],
  ['mongoDbVersions', [{}], 'MISSING_ATTRIBUTE', 'mongoDbVersions[0].name'],
  ['monitoringVersions', [{ name: 'x' }], 'MISSING_ATTRIBUTE', 'monitoringVersions[0].hostname'],
  ['agentVersion', '13.0', 'INVALID_JSON_ATTRIBUTE'],
  ['options.downloadBase', 1, 'INVALID_JSON_ATTRIBUTE'],
  ['version', 'five', 'INVALID_JSON_ATTRIBUTE'],
]

const nulls =
  'backupVersions balancer cpsModules indexConfigs mongosqlds mongots onlineArchiveModules options roles sharding'

const accepted: readonly (readonly [string, Json])[] = [
  ...nulls.split(' ').map((name) => [name, null] as const),
  ['auth', null],
  ['processes.0.alias', null],
  ['processes.0.logRotate', { ...rotation, percentOfDiskspace: 0.02, numTotal: 0 }],
  ['processes.0.lastRestart', '2026-01-01'],
  ['processes.0.lastRestart', '2026-01-01T10:00+02:00'],
  ['processes.0.args2_6.setParameter', { anything: { at: ['all', null] } }],
  ['processes.0.args2_6.net.tls', { mode: 'requireTLS', certificateKeyFile: '/c.pem', vendor: 1 }],
  ['processes.0.somethingNew', { x: [] }],
  ['replicaSets.0.members.0.priority', 0.5],
  ['replicaSets.0.members.0.tags', { dc: 'east' }],
  ['replicaSets.0.force', { currentVersion: -1 }],
  ['sharding', [{ ...shard, tags: [{ ns: 'a.b', min: { x: 1 }, max: 'y', tag: 't' }] }]],
  [
    'indexConfigs',
    [
      {
        ...index,
        key: [
          ['a', '1'],
          ['b', 'text'],
        ],
        options: { unique: true },
      },
    ],
  ],
  ['auth.usersWanted', [{ ...user, initPwd: 'x', mechanisms: [], scramSha256Creds: null }]],
  ['mongoDbToolsVersion', '100.9'],
  ['version', 999],
]

describe('the form of a goal document', () => {
  for (const [path, value, code, named] of faults) {
    test(`${path} that is ${JSON.stringify(value)}: ${code}`, () => {
      const [fault] = shapeFaults(documentWith(path, value))
      const shown = path.replaceAll(/\.(\d+)/g, '[$1]')
      assert.equal(fault?.code, code)
      assert.equal(fault.parameters[0], named ?? shown)
    })
  }

  for (const [path, value] of accepted) {
    test(`${path} may be ${JSON.stringify(value)}`, () => {
      assert.deepEqual([...shapeFaults(documentWith(path, value))], [])
    })
  }

  test('unknown keys come before wrong types, and these before what is missing', () => {
    const document = {
      replicaSets: 'none',
      processes: [processDocument({ name: undefined } as Partial<GoalProcess>)],
      zzz: 1,
    }
    const codes = (value: object) => [...shapeFaults(value)].map(({ code }) => code)
    assert.deepEqual(codes(document), ['INVALID_ATTRIBUTE', 'INVALID_JSON_ATTRIBUTE'])
    const { zzz: _zzz, ...rest } = { ...document, replicaSets: [] }
    assert.deepEqual(codes(rest), ['MISSING_ATTRIBUTE'])
  })

  test('a mongos needs a cluster and no dbPath', () => {
    const args2_6 = { net: { port: 27016 }, systemLog: { destination: 'file', path: '/m.log' } }
    const router = processDocument({ processType: 'mongos', args2_6 })
    const faultsOf = (process: GoalProcess) => [
      ...shapeFaults({ processes: [process], replicaSets: [] }),
    ]
    assert.deepEqual(faultsOf({ ...router, cluster: 'c' }), [])
    assert.deepEqual(faultsOf(router)[0].parameters, ['processes[0].cluster'])
  })
})
