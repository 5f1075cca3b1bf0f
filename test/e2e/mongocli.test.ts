import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { type Mongocli, mongocli, withoutMongocli } from '../support/mongocli.js'
import { freePort } from '../support/ports.js'

if (withoutMongocli) console.error(`SKIPPED: mongocli, unchanged: ${withoutMongocli}`)

/** Calls again and again, in turn, until the answer is as wanted; the runner ends what never is. */
async function until<T>(read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (isWanted(value)) return value
  }
}

interface Identified {
  readonly id: string
}

describe('mongocli, unchanged,', { skip: withoutMongocli }, () => {
  let gantry: GantryProcess
  let home: string
  let org: string
  let project: string
  let cli: Mongocli
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'gantry-mongocli-'))
    const args = ['--public-rate-limit', '0', '--metrics-interval', '10']
    gantry = await startGantry([...args, '--public-keys-create-orgs', 'yes'])
    const anywhere = { url: gantry.url, home, org: '', project: '' }
    const first = mongocli(gantry.credentials(), anywhere)
    org = (await first.json('iam', 'organizations', 'list')).results[0].id
    project = (await first.json('iam', 'projects', 'list')).results[0].id
    cli = mongocli(gantry.credentials(), { ...anywhere, org, project })
  })
  after(async () => {
    await gantry?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  test('administers organizations, projects, users, keys and access lists', async () => {
    const made = await cli.json('iam', 'organizations', 'create', 'mine')
    assert.equal((await cli.json('iam', 'organizations', 'describe', made.id)).name, 'mine')
    const group: Identified = await cli.json('iam', 'projects', 'create', 'p', '--orgId', org)
    assert.match(await cli.run('iam', 'projects', 'describe', group.id), /NAME\s+\S+\s+p\s/)
    const name = 'someone@example.com'
    const user: Identified = await cli.json(
      ...['iam', 'users', 'invite', '--email', name, '--username', name, '--country', 'US'],
      ...['--password', randomBytes(12).toString('hex'), '--firstName', 'A', '--lastName', 'B'],
      ...['--mobile', '2125550198', '--orgRole', `${org}:ORG_MEMBER`],
      ...['--projectRole', `${group.id}:GROUP_READ_ONLY`],
    )
    assert.equal((await cli.json('iam', 'users', 'describe', '--username', name)).id, user.id)
    const members = await cli.run('iam', 'projects', 'users', 'list', '--projectId', group.id)
    assert.match(members, /someone@example\.com/)
    await cli.run(
      ...['iam', 'projects', 'users', 'delete', user.id, '--projectId', group.id, '--force'],
    )

    const keys = ['iam', 'organizations', 'apiKeys'] as const
    const key: Identified = await cli.json(...keys, 'create', '--desc', 'x', '--role', 'ORG_OWNER')
    const lists = [...keys, 'accessLists'] as const
    await cli.run(...lists, 'create', '--apiKey', key.id, '--ip', '127.0.0.1')
    assert.match(await cli.run(...lists, 'list', key.id), /127\.0\.0\.1\/32/)
    await cli.run(...lists, 'delete', '127.0.0.1', '--apiKey', key.id, '--force')
    const assigned = ['--role', 'GROUP_OWNER', '--projectId', group.id] as const
    await cli.run('iam', 'projects', 'apiKeys', 'assign', key.id, ...assigned)
    await cli.run(...keys, 'delete', key.id, '--force')
    await cli.run('iam', 'users', 'delete', user.id, '--force')
    await cli.run('iam', 'projects', 'delete', group.id, '--force')
    await assert.rejects(cli.run('iam', 'projects', 'describe', group.id), /GROUP_NOT_FOUND/)
  })

  test('administers teams and invitations', async () => {
    const name = 'member@example.com'
    const user: Identified = await cli.json(
      ...['iam', 'users', 'invite', '--email', name, '--username', name, '--country', 'US'],
      ...['--password', randomBytes(12).toString('hex'), '--firstName', 'A', '--lastName', 'B'],
      ...['--mobile', '2125550198', '--orgRole', `${org}:ORG_MEMBER`],
    )
    const team: Identified = await cli.json('iam', 'teams', 'create', 't', '--username', name)
    assert.equal((await cli.json('iam', 'teams', 'describe', '--name', 't')).id, team.id)
    const teams = ['iam', 'projects', 'teams'] as const
    await cli.run(...teams, 'add', team.id, '--role', 'GROUP_READ_ONLY')
    assert.deepEqual((await cli.json(...teams, 'list')).results[0].roleNames, ['GROUP_READ_ONLY'])
    await cli.run(...teams, 'update', team.id, '--role', 'GROUP_OWNER')
    await cli.run(...teams, 'delete', team.id, '--force')
    await cli.run('iam', 'teams', 'users', 'delete', user.id, '--teamId', team.id, '--force')
    await cli.run('iam', 'teams', 'delete', team.id, '--force')
    const invitations = ['iam', 'organizations', 'invitations'] as const
    const made: Identified = await cli.json(
      ...[...invitations, 'invite', 'guest@example.com', '--role', 'ORG_MEMBER'],
    )
    // As a table the command fails by itself: it asks for a field that its own type lacks.
    assert.match(JSON.stringify(await cli.json(...invitations, 'list')), /guest@example\.com/)
    await cli.run(...invitations, 'update', made.id, '--role', 'ORG_OWNER')
    await cli.run(...invitations, 'delete', made.id, '--force')
  })

  test('shows processes, clusters, agents and what they measure', async () => {
    const om = 'ops-manager'
    const [host] = (await cli.json(om, 'processes', 'list')).results
    const address = `${host.hostname}:${host.port}`
    assert.equal((await cli.json(om, 'processes', 'describe', address)).id, host.id)
    assert.match(await cli.run(om, 'clusters', 'list'), /REPLICA_SET/)
    const range = ['--granularity', 'PT1M', '--period', 'PT1H'] as const
    const type = ['--type', 'CONNECTIONS'] as const
    const measured = await cli.json(om, 'metrics', 'process', host.id, ...range, ...type)
    assert.equal(measured.measurements[0].name, 'CONNECTIONS')
    const { results } = await until(
      () => cli.json(om, 'metrics', 'disks', 'list', host.id),
      (list) => list.results?.[0] !== undefined,
    )
    const [disk] = results
    await cli.run(om, 'metrics', 'disks', 'describe', host.id, disk.partitionName, ...range)
    assert.match(await cli.run(om, 'metrics', 'databases', 'list', host.id), /admin/)
    assert.match(await cli.run(om, 'servers', 'list'), /ACTIVE|STANDBY|NO_PROCESSES/)
    assert.match(await cli.run(om, 'agents', 'list', 'MONITORING'), /MONITORING/)
    assert.match(await cli.run(om, 'agents', 'versions', 'list'), /VERSION/i)
    await cli.run(om, 'agents', 'upgrade')
    await cli.run(om, 'softwareComponents', 'list')
    await cli.run(om, 'featurePolicies', 'list')
    await cli.run(om, 'performanceAdvisor', 'namespaces', 'list', '--hostId', host.id)
    await cli.run(om, 'performanceAdvisor', 'suggestedIndexes', 'list', '--hostId', host.id)
    const events = ['events', 'projects', 'list', '--type', 'API_KEY_CREATED'] as const
    await cli.run(om, ...events, '--minDate', '2020-01-01T00:00:00Z')
  })

  test('has alerts, and windows in which nobody is told of them', async () => {
    const om = 'ops-manager'
    const settings = [om, 'alerts', 'settings'] as const
    assert.match(await cli.run(...settings, 'fields', 'type'), /HOSTNAME_AND_PORT/)
    const notification = [
      ...['--notificationType', 'GROUP', '--notificationEmailEnabled'],
      ...['--notificationIntervalMin', '60'],
    ]
    const made: Identified = await cli.json(
      ...[...settings, 'create', '--event', 'OUTSIDE_METRIC_THRESHOLD', '--enabled'],
      ...['--metricName', 'CONNECTIONS', '--metricOperator', 'LESS_THAN', ...notification],
      ...['--metricThreshold', '100000', '--metricUnits', 'RAW', '--metricMode', 'average'],
    )
    const isOpen = (list: { results?: readonly Identified[] }) => list.results?.[0] !== undefined
    const open = await until(() => cli.json(om, 'alerts', 'list', '--status', 'OPEN'), isOpen)
    const id = open.results?.[0]?.id ?? assert.fail('no alert is open')
    await cli.run(om, 'alerts', 'acknowledge', id, '--forever', '--comment', 'seen')
    assert.equal((await cli.json(om, 'alerts', 'describe', id)).acknowledgementComment, 'seen')
    await cli.run(om, 'alerts', 'unacknowledge', id)
    await cli.run(...settings, 'disable', made.id)
    await cli.run(...settings, 'enable', made.id)
    await cli.run(
      ...[...settings, 'update', made.id, '--event', 'HOST_DOWN', '--enabled', ...notification],
    )
    await cli.run(...settings, 'delete', made.id, '--force')
    const windows = [om, 'maintenanceWindows'] as const
    const span = ['--startDate', '2100-01-01T00:00:00Z', '--endDate', '2100-01-02T00:00:00Z']
    const window: Identified = await cli.json(...windows, 'create', ...span, '--alertType', 'HOST')
    await cli.run(...windows, 'update', window.id, '--endDate', '2100-01-03T00:00:00Z')
    assert.equal(
      (await cli.json(...windows, 'describe', window.id)).endDate,
      '2100-01-03T00:00:00Z',
    )
    await cli.run(...windows, 'delete', window.id, '--force')
  })

  test('collects logs', async () => {
    const om = 'ops-manager'
    const jobs = [om, 'logs', 'jobs'] as const
    const [host] = (await cli.json(om, 'processes', 'list')).results
    const { id }: Identified = await cli.json(
      ...[...jobs, 'collect', 'process', `${host.hostname}:${host.port}`],
      ...['--sizeRequestedPerFileBytes', '100000', '--type', 'MONGODB'],
    )
    const list = await until(
      () => cli.json(...jobs, 'list'),
      ({ results }) => results.every(({ status }: { status: string }) => status !== 'IN_PROGRESS'),
    )
    assert.equal(list.results[0].status, 'SUCCESS')
    const out = join(home, 'logs.tar.gz')
    await cli.run(...jobs, 'download', id, '--out', out)
    assert.ok(gunzipSync(readFileSync(out)).includes('ustar'))
    await cli.run(...jobs, 'delete', id, '--force')
  })

  test('takes a cluster through its life by goal state', async () => {
    const om = 'ops-manager'
    const folder = mkdtempSync(join(tmpdir(), 'gantry-mongocli-data-'))
    const port = await freePort()
    const file = join(home, 'cluster.json')
    const member = { priority: 1, votes: 1, port, hostname: 'localhost' }
    const paths = { dbPath: join(folder, 'data'), logPath: join(folder, 'mongod.log') }
    const version = { version: '7.0.14', featureCompatibilityVersion: '7.0' }
    const cluster = { name: 'rs0', ...version, processes: [{ ...member, ...paths }] }
    writeFileSync(file, JSON.stringify(cluster))
    const watch = () => cli.run(om, 'automation', 'watch')
    const ping = async (options: string) => {
      const uri = `mongodb://${options}localhost:${port}/?directConnection=true`
      const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
      try {
        return await client.db('admin').command({ ping: 1 })
      } finally {
        await client.close()
      }
    }
    try {
      await cli.run(om, 'clusters', 'apply', '--file', file)
      await watch()
      assert.equal((await ping('')).ok, 1)
      assert.match(await cli.run(om, 'clusters', 'list'), /rs0/)
      const index = ['--rsName', 'rs0', '--db', 'test', '--collectionName', 'c', '--key', 'a:1']
      await cli.run(om, 'clusters', 'indexes', 'create', 'a_1', ...index)
      await watch()
      await cli.run(om, 'security', 'enable', 'SCRAM-SHA-256')
      await watch()
      const password = randomBytes(9).toString('hex')
      await cli.run(
        ...[om, 'dbusers', 'create', '--username', 'reader', '--password', password],
        ...['--role', 'readWrite@test', '--mechanisms', 'SCRAM-SHA-256'],
      )
      await watch()
      assert.equal((await ping(`reader:${password}@`)).ok, 1)
      assert.match(await cli.run(om, 'dbusers', 'list'), /reader/)
      await cli.run(om, 'dbusers', 'delete', 'reader', '--force')
      await watch()
      await assert.rejects(ping(`reader:${password}@`), /Authentication failed/)
      await cli.run(om, 'clusters', 'restart', 'rs0', '--force')
      await watch()
    } finally {
      await cli.run(om, 'clusters', 'shutdown', 'rs0', '--force')
      await watch()
      rmSync(folder, { recursive: true, force: true })
    }
    await assert.rejects(ping(''), /ECONNREFUSED/)
    await cli.run(om, 'clusters', 'unmanage', 'rs0', '--force')
    assert.deepEqual((await cli.json(om, 'automation', 'describe')).processes, [])
  })
})
