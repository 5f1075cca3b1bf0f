import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { type AlertConfigs, openAlertConfigs } from '../alert-configs/alert-configs.js'
import type { GivenConfig } from '../alert-configs/check-config.js'
import type { Notification } from '../notifications/notification.js'
import type { Sending } from '../notifications/packing.js'
import type { Project } from '../projects/project.js'
import { type State, stateIn } from '../state.js'
import type { Host } from '../topology/host.js'
import { type Alerts, type AlertsOptions, openAlerts } from './alerts.js'

const MINUTE = 60_000
const project = { id: '1'.repeat(24), name: 'p' } as Project
const mail: Notification = {
  id: '4'.repeat(24),
  typeName: 'EMAIL',
  delayMin: 0,
  intervalMin: 60,
  emailAddress: 'ops@example.com',
  sealed: {},
}
const down: GivenConfig = {
  eventTypeName: 'HOST_DOWN',
  enabled: true,
  notifications: [{ typeName: 'EMAIL' }],
}

describe('alerts in the state', () => {
  let folder: string
  let state: State
  let configs: AlertConfigs
  let clock: { now: number }
  let hosts: Pick<Host, 'id' | 'isDown'>[]
  let told: string[]
  let recorded: string[]
  let failing: Set<'send' | 'record' | 'look'>

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-alerts-'))
    state = stateIn(await openEmbedded(join(folder, 'system')))
    clock = { now: Date.UTC(2026, 0, 5) }
    hosts = [{ id: 'db1', isDown: true }]
    told = []
    recorded = []
    failing = new Set()
    configs = await openAlertConfigs(
      { state, reloads: new Map() },
      async () => [mail],
      () => clock.now,
    )
  })
  afterEach(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  /** A server with this state, as it is after a start. */
  function open(server = 'a', more: Partial<AlertsOptions> = {}): Promise<Alerts> {
    const fails = (what: 'send' | 'record' | 'look') => {
      if (failing.has(what)) throw new Error(`${what} fails`)
    }
    return openAlerts({
      state,
      configs,
      server,
      intervalMs: 0,
      sampleMs: 10_000,
      now: () => clock.now,
      mutes: () => false,
      log: { info() {}, warn() {}, error() {} },
      projects: { get: () => project },
      topology: {
        async hosts() {
          fails('look')
          return hosts.map((host) => ({
            hostname: host.id,
            port: 1,
            aliases: [],
            ...(!host.isDown && { facts: { atMs: Date.now() } }),
            ...host,
          })) as readonly object[] as Host[]
        },
      },
      notifications: {
        async send({ message }: Sending) {
          fails('send')
          told.push(message.kind)
        },
      },
      events: {
        async record(type: string) {
          fails('record')
          recorded.push(type)
        },
        list: async () => [],
        watch() {},
      },
      ...more,
    } as unknown as AlertsOptions)
  }

  const all = (alerts: Alerts) => alerts.list({ project: project.id }, 0, 100)
  const statuses = async (alerts: Alerts) => (await all(alerts)).map(({ status }) => status)

  test('without configurations nothing is looked at', async () => {
    failing.add('look')
    const alerts = await open()
    await configs.create(project, { ...down, enabled: false })
    await alerts.evaluate()
    assert.deepEqual(await all(alerts), [])
  })

  for (const step of ['record', 'send'] as const) {
    test(`a server that ends before it could ${step} leaves that to the next one`, async () => {
      await configs.create(project, down)
      failing.add(step)
      await (await open()).evaluate()
      assert.deepEqual(told, [])
      failing.clear()
      const next = await open()
      await next.evaluate()
      await next.evaluate()
      assert.deepEqual(await statuses(next), ['OPEN'])
      assert.deepEqual(told, ['OPEN'])
      assert.ok(recorded.includes('HOST_DOWN'))
      // The same at its end.
      hosts = [{ id: 'db1', isDown: false }]
      failing.add(step)
      await next.evaluate()
      failing.clear()
      const last = await open()
      await last.evaluate()
      await last.evaluate()
      assert.deepEqual(await statuses(last), ['CLOSED'])
      assert.deepEqual(told, ['OPEN', 'CLOSED'])
      assert.ok(recorded.includes('HOST_UP'))
    })
  }

  test('who was not told of the beginning when it is over is told of both', async () => {
    await configs.create(project, down)
    failing.add('send')
    await (await open()).evaluate()
    failing.clear()
    hosts = [{ id: 'db1', isDown: false }]
    await (await open()).evaluate()
    assert.deepEqual(told, ['OPEN', 'CLOSED'])
  })

  test('what cannot be looked at stays as it is', async () => {
    await configs.create(project, down)
    const alerts = await open()
    await alerts.evaluate()
    failing.add('look')
    clock.now += MINUTE
    await alerts.evaluate()
    assert.deepEqual(await statuses(alerts), ['OPEN'])
  })

  test('of several servers one evaluates; if they come to do it at once there is one alert', async () => {
    await configs.create(project, { ...down })
    const [a, b] = [await open('a'), await open('b')]
    await Promise.all([a.evaluate(), b.evaluate()])
    assert.deepEqual(told, ['OPEN'])
    // One that has lost its claim unawares, as after a long pause, is in nobody's way.
    await state.deleteAll({ collection: 'alertClaims' }, {})
    const c = await open('c')
    hosts.push({ id: 'db2', isDown: true })
    await Promise.all([a.evaluate(), b.evaluate(), c.evaluate()])
    assert.deepEqual(await statuses(c), ['OPEN', 'OPEN'])
    const targets = (await all(c)).map(({ target }) => target)
    assert.deepEqual(targets.sort(), ['db1', 'db2'])
  })

  test('another server takes over when the claim has run out', async (t) => {
    await configs.create(project, down)
    await (await open('a')).evaluate()
    hosts = [{ id: 'db1', isDown: false }]
    const b = await open('b')
    await b.evaluate()
    assert.deepEqual(await statuses(b), ['OPEN'])
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
    await b.evaluate()
    assert.deepEqual(await statuses(b), ['CLOSED'])
  })

  test('a configuration that comes to look at something else begins anew', async () => {
    const config = await configs.create(project, down)
    const alerts = await open()
    await alerts.evaluate()
    await configs.update(project, config, { eventTypeName: 'HOST_RECOVERING' })
    await alerts.evaluate()
    assert.deepEqual(await statuses(alerts), ['CANCELLED'])
    assert.deepEqual(told, ['OPEN', 'CANCELLED'])
  })

  test('what a server that was killed has left of a configuration is cancelled', async () => {
    const config = await configs.create(project, down)
    await (await open()).evaluate()
    await configs.remove(config)
    const next = await open()
    await next.evaluate()
    assert.deepEqual(await statuses(next), ['CANCELLED'])
  })

  test('alerts go a year after they were over, open ones never', async () => {
    await configs.create(project, down)
    hosts.push({ id: 'db2', isDown: true })
    const alerts = await open()
    await alerts.evaluate()
    hosts[1] = { id: 'db2', isDown: false }
    await alerts.evaluate()
    assert.deepEqual((await statuses(alerts)).sort(), ['CLOSED', 'OPEN'])
    clock.now += 366 * 24 * 60 * MINUTE
    await alerts.evaluate()
    assert.deepEqual(await statuses(alerts), ['OPEN'])
  })

  test('of a maintenance window it is told afterwards', async () => {
    await configs.create(project, down)
    const endMs = clock.now + 10 * MINUTE
    const alerts = await open('a', {
      mutes: (_project, type, atMs) => type === 'HOST' && atMs < endMs,
    })
    await alerts.evaluate()
    assert.deepEqual(await statuses(alerts), ['OPEN'])
    assert.deepEqual([told, recorded], [[], ['HOST_DOWN']])
    clock.now = endMs
    await alerts.evaluate()
    assert.deepEqual(told, ['OPEN'])
  })
})
