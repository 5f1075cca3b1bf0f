import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Agent } from '../agents/agent.js'
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { AlertEventName } from '../alert-configs/alert-event.js'
import type { Backup } from '../backups/backup.js'
import type { Instance } from '../instances/instances.js'
import type { Project } from '../projects/project.js'
import type { ProcessFacts } from '../topology/facts.js'
import type { Host } from '../topology/host.js'
import { conditions, happenings } from './conditions.js'
import { type Sources, sceneOf } from './scene.js'
import type { Sighting } from './sightings.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const project = { id: '1'.repeat(24), account: '2'.repeat(24) } as Project
const set = '3'.repeat(24)

/** A member of a replica set of three, `db1` to `db3`, which `db1` leads. */
function member(number: number, facts: Partial<ProcessFacts> = {}, more: Partial<Host> = {}): Host {
  const isPrimary = number === 1
  return {
    id: `host ${number}`,
    project: project.id,
    hostname: `db${number}.example.com`,
    port: 27017,
    aliases: [],
    clusterId: set,
    clusterName: undefined,
    replicaSetName: 'rs0',
    automation: undefined,
    parentClusterId: undefined,
    shardName: undefined,
    part: 'member',
    instance: undefined,
    record: undefined,
    facts: {
      role: isPrimary ? 'PRIMARY' : 'SECONDARY',
      stateName: isPrimary ? 'PRIMARY' : 'SECONDARY',
      replicaSetName: 'rs0',
      members: [],
      version: '8.0.12',
      uptimeMs: HOUR,
      hasStartupWarnings: false,
      dataSizeBytes: 0,
      indexSizeBytes: 0,
      isJournaling: true,
      isConfigServer: false,
      isShard: false,
      ...(isPrimary && { electionId: 'e1' }),
      atMs: Date.now(),
      ...facts,
    },
    isDown: false,
    createdMs: 0,
    open: () => Promise.reject(new Error('not asked for')),
    ...more,
  }
}

const down = { isDown: true }
const three = [member(1), member(2), member(3)]

interface World {
  readonly hosts?: readonly Host[]
  readonly agents?: readonly (Pick<Agent, 'type'> & { readonly isPresent: boolean })[]
  readonly backups?: readonly Pick<Backup, 'state' | 'createdMs'>[]
  readonly enabled?: boolean
  readonly sightings?: Map<string, Sighting>
  readonly nowMs?: number
}

function sceneIn(world: World) {
  const { hosts = [], agents = [], backups = [], enabled = true, sightings = new Map() } = world
  const instance = { id: set, name: 'shop', service: 'mongodb', createdMs: 0 } as Instance
  const known = agents.map((agent, i) => ({ ...agent, id: String(i), hostname: `agent${i}` }))
  const sources = {
    topology: { hosts: async () => [...hosts] },
    registry: { byId: () => instance, ofAccount: () => [instance] },
    agents: {
      ofProject: () => known,
      isPresent: ({ id }: Agent) => known[Number(id)].isPresent,
    },
    backups: {
      list: async () => [...backups],
      schedules: { get: async () => ({ enabled, everyHours: 6 }) },
    },
    sightings: {
      get: async (id: string) => sightings.get(id),
      save: async (sighting: Sighting) => void sightings.set(sighting.id, sighting),
    },
  } as unknown as Sources
  return sceneOf(project, sources, world.nowMs ?? 100 * HOUR)
}

function configOf(eventTypeName: AlertEventName, threshold?: number): AlertConfig {
  return {
    eventTypeName,
    ...(threshold !== undefined && {
      threshold: { threshold, operator: 'LESS_THAN', units: 'RAW' },
    }),
  } as AlertConfig
}

/** What is found, as `name is value`. */
async function found(world: World, event: AlertEventName, threshold?: number): Promise<string[]> {
  const candidates = await conditions[event]?.(sceneIn(world), configOf(event, threshold))
  return (candidates ?? []).map(({ subject, is, value }) =>
    [subject.name.replace('.example.com:27017', ''), is, value?.number].join(' ').trim(),
  )
}

describe('it is found', () => {
  const at = (version: string) => ({ version })
  const recovering = { role: 'OTHER', stateName: 'RECOVERING' } as const
  const hangs = { atMs: Date.now() - 10 * MINUTE }
  const neverSeen = { facts: undefined }
  const silent = { record: { alertsEnabled: false } as Host['record'] }
  const cases: readonly [string, World, AlertEventName, number | undefined, string[]][] = [
    [
      'which hosts are down, hang, or are not known yet',
      { hosts: [member(1), member(2, {}, down), member(3, hangs), member(4, {}, neverSeen)] },
      'HOST_DOWN',
      undefined,
      ['db1 false', 'db2 true', 'db3 true', 'db4 unknown'],
    ],
    [
      'that one which never answered is down, and nothing of one that is not to alert',
      { hosts: [member(1, {}, { ...neverSeen, ...down }), member(2, {}, { ...down, ...silent })] },
      'HOST_DOWN',
      undefined,
      ['db1 true'],
    ],
    [
      'which hosts are recovering',
      { hosts: [member(1), member(2, recovering), member(3, recovering, down)] },
      'HOST_RECOVERING',
      undefined,
      ['db1 false', 'db2 true', 'db3 unknown'],
    ],
    [
      'which versions are behind others of their series',
      {
        hosts: [
          member(1, at('8.0.12')),
          member(2, at('8.0.9')),
          member(3, at('7.0.1')),
          member(4, at('8.1.0-rc0')),
        ],
      },
      'VERSION_BEHIND',
      undefined,
      ['db1 false', 'db2 true', 'db3 false', 'db4 unknown'],
    ],
    [
      'which hosts answer at public addresses',
      {
        hosts: [
          '10.1.2.3',
          '8.8.8.8',
          '127.0.0.1',
          '2606:4700::1111',
          '192.168.1.1',
          '100.64.1.1',
          'fd00::1',
          '64:ff9b::a01:203',
        ].map((hostname, i) => member(i + 1, {}, { hostname, port: 1 })),
      },
      'HOST_EXPOSED',
      undefined,
      [
        '10.1.2.3:1 false',
        '8.8.8.8:1 true',
        '127.0.0.1:1 false',
        '[2606:4700::1111]:1 true',
        '192.168.1.1:1 false',
        '100.64.1.1:1 false',
        '[fd00::1]:1 false',
        '[64:ff9b::a01:203]:1 false',
      ],
    ],
    ['that a set has a primary', { hosts: three }, 'NO_PRIMARY', undefined, ['rs0 false']],
    [
      'that a set has none when it is down',
      { hosts: [member(1, {}, down), member(2), member(3)] },
      'NO_PRIMARY',
      undefined,
      ['rs0 true'],
    ],
    [
      'that a set has one which is no host of ours',
      { hosts: [member(2, { primary: 'db9.example.com:27017' })] },
      'NO_PRIMARY',
      undefined,
      ['rs0 false'],
    ],
    [
      'nothing about a primary while not all members were asked',
      { hosts: [member(1, {}, neverSeen), member(2)] },
      'NO_PRIMARY',
      undefined,
      ['rs0 unknown'],
    ],
    [
      'that too few members are healthy',
      { hosts: [member(1), member(2, recovering), member(3, {}, down)] },
      'TOO_FEW_HEALTHY_MEMBERS',
      2,
      ['rs0 true 1'],
    ],
    ['that enough are', { hosts: three }, 'TOO_FEW_HEALTHY_MEMBERS', 3, ['rs0 false 3']],
    [
      'that too many members are not healthy',
      { hosts: [member(1), member(2, recovering), member(3, {}, down)] },
      'TOO_MANY_UNHEALTHY_MEMBERS',
      1,
      ['rs0 true 2'],
    ],
    [
      'that a sharded cluster has no router',
      { hosts: [member(1, { role: 'MONGOS' }, { part: 'mongos', ...down })] },
      'CLUSTER_MONGOS_IS_MISSING',
      undefined,
      ['rs0 true'],
    ],
    [
      'that one router of two is enough',
      {
        hosts: [
          member(1, { role: 'MONGOS' }, { part: 'mongos', ...down }),
          member(2, { role: 'MONGOS' }, { part: 'mongos' }),
        ],
      },
      'CLUSTER_MONGOS_IS_MISSING',
      undefined,
      ['rs0 false'],
    ],
    [
      'nothing of sets in what is none, or may be none',
      {
        hosts: [
          member(
            1,
            { role: 'STANDALONE', replicaSetName: undefined },
            { replicaSetName: undefined },
          ),
          member(2, {}, { ...neverSeen, ...down, clusterId: 'other', replicaSetName: undefined }),
        ],
      },
      'NO_PRIMARY',
      undefined,
      ['other unknown'],
    ],
    [
      'which agents of a kind are down',
      {
        agents: [
          { type: 'AUTOMATION', isPresent: true },
          { type: 'AUTOMATION', isPresent: false },
          { type: 'MONITORING', isPresent: false },
        ],
      },
      'AUTOMATION_AGENT_DOWN',
      undefined,
      ['agent0 false', 'agent1 true'],
    ],
    [
      'that the latest backup has failed',
      {
        backups: [
          { state: 'running', createdMs: 3 },
          { state: 'failed', createdMs: 2 },
          { state: 'complete', createdMs: 1 },
        ],
      },
      'BACKUP_JOB_FAILED',
      undefined,
      ['shop true'],
    ],
    [
      'that it has not, whatever came before',
      {
        backups: [
          { state: 'complete', createdMs: 2 },
          { state: 'failed', createdMs: 1 },
        ],
      },
      'BACKUP_JOB_FAILED',
      undefined,
      ['shop false'],
    ],
    [
      'that backups are overdue',
      { backups: [{ state: 'complete', createdMs: 87 * HOUR }] },
      'OPLOG_BEHIND',
      undefined,
      ['shop true'],
    ],
    [
      'that backups are in time',
      { backups: [{ state: 'complete', createdMs: 89 * HOUR }] },
      'OPLOG_BEHIND',
      undefined,
      ['shop false'],
    ],
    ['that there never was a backup', {}, 'OPLOG_BEHIND', undefined, ['shop true']],
    ['nothing where there are to be no backups', { enabled: false }, 'OPLOG_BEHIND', undefined, []],
  ]
  for (const [what, world, event, threshold, expected] of cases) {
    test(what, async () => assert.deepEqual(await found(world, event, threshold), expected))
  }
})

describe('over time it is found', () => {
  /** What has happened at each of several looks, in minutes from the first. */
  async function course(
    event: AlertEventName,
    ...looks: readonly (readonly [minute: number, hosts: readonly Host[]])[]
  ): Promise<string[][]> {
    const sightings = new Map<string, Sighting>()
    const all: string[][] = []
    for (const [minute, hosts] of looks) {
      const scene = sceneIn({ hosts, sightings, nowMs: 100 * HOUR + minute * MINUTE })
      const happened = (await happenings[event]?.(scene, configOf(event))) ?? []
      await scene.finish()
      all.push(happened.map(({ once }) => once))
    }
    return all
  }

  test('that a process is another one, but not at the first look', async () => {
    const restarted = member(2, { uptimeMs: 1000 })
    const looks = await course('HOST_RESTARTED', [0, three], [1, [restarted]], [2, [restarted]])
    assert.deepEqual(
      looks.map((found) => found.length),
      [0, 1, 0],
    )
  })

  test('that another member, or the same one anew, was elected; for an hour, as one event', async () => {
    const second = [
      member(1, { role: 'SECONDARY', electionId: undefined }),
      member(2, { role: 'PRIMARY', electionId: 'e2' }),
    ]
    const again = [
      member(1, { role: 'SECONDARY' }),
      member(2, { role: 'PRIMARY', electionId: 'e3' }),
    ]
    const none = [member(1, {}, down), member(2)]
    const looks = await course(
      'PRIMARY_ELECTED',
      [0, three],
      [1, none],
      [2, second],
      [3, second],
      [4, again],
      [70, again],
    )
    const to = (election: string) => [`election of ${set}: host 2 ${election}`]
    assert.deepEqual(looks, [[], [], to('e2'), to('e2'), to('e3'), []])
  })

  test('that there were too many elections within an hour', async () => {
    const sightings = new Map<string, Sighting>()
    const led = (electionId: string) => [member(1, { electionId }), member(2)]
    const numbers: string[] = []
    for (const [minute, election] of [
      [0, 'a'],
      [10, 'b'],
      [20, 'c'],
      [75, 'c'],
    ] as const) {
      const scene = sceneIn({
        hosts: led(election),
        sightings,
        nowMs: 100 * HOUR + minute * MINUTE,
      })
      const [one] =
        (await conditions.TOO_MANY_ELECTIONS?.(scene, configOf('TOO_MANY_ELECTIONS', 1))) ?? []
      await scene.finish()
      numbers.push(`${one.is} ${one.value?.number}`)
    }
    assert.deepEqual(numbers, ['false 0', 'false 1', 'true 2', 'false 1'])
  })
})

test('of a part all that is watched is asked for once, and judged in the units of each threshold', async () => {
  const calls: string[] = []
  const databases = ['shop', 'crm', 'gone']
  const values: { readonly [database: string]: readonly (number | null)[] } = {
    shop: [9, 1, 3, null],
    crm: [1, 1, 1, 1],
    gone: [null, null],
  }
  const sources = {
    ...sceneIn({ hosts: [member(1)] }).sources,
    sampleMs: 10_000,
    metrics: {
      names: async () => databases.map((name) => `db/${name}/objects`),
      partitions: async () => [],
      async measurements(
        _of: unknown,
        host: string,
        { name }: { name: string },
        { endMs }: { endMs: number },
        wanted: readonly string[],
      ) {
        calls.push(`${host} ${name}: ${wanted.join(', ')}`)
        const all = values[name]
        const dataPoints = all.map((value, i) => ({
          value,
          // The first is older than a minute before the last.
          atMs: endMs - (all.length - i) * (i === 0 ? 30_000 : 10_000),
        }))
        return wanted.map((each) => ({ name: each, dataPoints }))
      },
    },
  } as unknown as Sources
  const watched = new Set(['DATABASE_OBJECT_COUNT', 'DATABASE_DATA_SIZE'])
  const scene = sceneOf(project, sources, 0, watched)
  const outside = async (metricName: string, threshold: number, units: 'RAW' | 'BITS') => {
    const metricThreshold = { metricName, threshold, units, operator: 'GREATER_THAN' } as const
    const config = { ...configOf('OUTSIDE_METRIC_THRESHOLD'), metricThreshold }
    const found = (await conditions.OUTSIDE_METRIC_THRESHOLD?.(scene, config)) ?? []
    return found.map(({ subject, is, value }) => `${subject.name} ${is} ${value?.number}`)
  }
  const at = 'db1.example.com:27017'
  assert.deepEqual(await outside('DATABASE_OBJECT_COUNT', 1.5, 'RAW'), [
    `${at}, database crm false 1`,
    `${at}, database shop true 2`,
  ])
  assert.deepEqual(await outside('DATABASE_DATA_SIZE', 15, 'BITS'), [
    `${at}, database crm false 8`,
    `${at}, database shop true 16`,
  ])
  assert.deepEqual(
    calls.sort(),
    ['crm', 'gone', 'shop'].map(
      (name) => `${at} ${name}: DATABASE_DATA_SIZE, DATABASE_OBJECT_COUNT`,
    ),
  )
})
