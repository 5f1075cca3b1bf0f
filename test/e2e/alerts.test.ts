import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { HttpReceiver } from '../../packages/server/src/testing/http-receiver.js'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type Credentials, type GantryProcess, startGantry } from '../support/gantry-process.js'
import { publicClients } from '../support/public-clients.js'
import { openHttpReceiver } from '../support/receivers.js'

interface Alert {
  readonly id: string
  readonly status: string
  readonly created: string
  readonly lastNotified?: string
}

const args = ['--alert-interval', '1', '--public-rate-limit', '0', '--log-level', 'error']

/** Calls of the Public API at whichever server there is now. */
function callerAt(server: () => GantryProcess, credentials: () => Credentials) {
  return async (method: string, path: string, body?: unknown) => {
    const client = publicClients.at(-1)?.open()
    const url = `${server().url}/api/public/v1.0${path}`
    const reply = await client?.call(credentials(), method, url, body)
    assert.ok(reply && reply.status < 300, reply?.text)
    return JSON.parse(reply.text)
  }
}

/** Asks again until the answer is the wanted one; the test's own limit is what ends it. */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (isRight(answer)) return answer
    await pause(100)
  }
}

/** What a receiver was told of an alert: each telling once, however often it arrived. */
function toldOf(receiver: HttpReceiver, { id }: Alert): string[] {
  const mine = receiver.received.filter(({ body }) => JSON.parse(body).id === id)
  const byDelivery = new Map(
    mine.map(({ headers }) => [headers['x-gantry-delivery'], headers['x-mms-event']]),
  )
  return [...byDelivery.values()].map(String)
}

/** Links have the port of the server, which is another one after each start. */
function withoutLinks(alert: Alert): object {
  return { ...alert, links: [] }
}

function hostDown({ url }: HttpReceiver, delayMin: number) {
  const notifications = [{ typeName: 'WEBHOOK', webhookUrl: `${url}/hook`, delayMin }]
  return { eventTypeName: 'HOST_DOWN', enabled: true, notifications }
}

describe('alerts of a real server', () => {
  let folder: string
  let receiver: HttpReceiver
  let mongod: EngineProcess
  let gantry: GantryProcess
  let at: string
  const call = callerAt(
    () => gantry,
    () => gantry.credentials(),
  )
  const alertsOf = async ({ id }: { id: string }): Promise<Alert[]> =>
    (await call('GET', `${at}/alerts`)).results.filter(
      (alert: { alertConfigId: string }) => alert.alertConfigId === id,
    )

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-alerts-'))
    receiver = await openHttpReceiver()
    mongod = await startEngineProcess()
    gantry = await startGantry(args, folder)
    const group = await call('POST', '/groups', { name: 'shop', withDefaultAlertsSettings: false })
    at = `/groups/${group.id}`
    await call('POST', `${at}/hosts`, { hostname: '127.0.0.1', port: mongod.port })
  })
  after(async () => {
    await gantry?.stop()
    await mongod?.remove()
    await receiver?.close()
    rmSync(folder, { recursive: true })
  })

  async function killAndStart(): Promise<void> {
    gantry.signal('SIGKILL')
    await gantry.exit
    gantry = await startGantry(args, folder)
  }

  test('a process that is killed alerts once, and a server that is killed meanwhile forgets nothing', async () => {
    const now = await call('POST', `${at}/alertConfigs`, hostDown(receiver, 0))
    const later = await call('POST', `${at}/alertConfigs`, hostDown(receiver, 600))
    await until(
      () => call('GET', `${at}/hosts`),
      ({ results }) => results[0].typeName !== 'NO_DATA',
    )
    assert.deepEqual(await alertsOf(now), [])
    await mongod.kill()
    // As soon as there is an alert, told or not.
    const [seen] = await until(
      () => alertsOf(now),
      (alerts) => alerts.length > 0,
    )
    await killAndStart()
    await receiver.until(1)
    const [tracked] = await until(
      () => alertsOf(later),
      (alerts) => alerts.length > 0,
    )
    assert.equal(tracked.status, 'TRACKING')
    await killAndStart()
    assert.deepEqual((await alertsOf(later)).map(withoutLinks), [withoutLinks(tracked)])

    await mongod.start()
    const closed = await until(
      () => alertsOf(now),
      (alerts) => alerts[0].status === 'CLOSED',
    )
    assert.deepEqual(
      closed.map(({ id, created }) => ({ id, created })),
      [{ id: seen.id, created: seen.created }],
    )
    await until(
      async () => toldOf(receiver, seen),
      (told) => told.includes('alert.close'),
    )
    // A server that was killed between telling and taking note of it has told twice.
    assert.deepEqual([...new Set(toldOf(receiver, seen))], ['alert.open', 'alert.close'])
    const [over] = await until(
      () => alertsOf(later),
      (alerts) => alerts[0].status === 'CLOSED',
    )
    assert.deepEqual([over.id, over.lastNotified], [tracked.id, undefined])
    assert.deepEqual(toldOf(receiver, over), [])
    const types = '?eventType=HOST_DOWN&eventType=HOST_UP&includeRaw=true'
    const events = (await call('GET', `${at}/events${types}`)).results
    const mine = events.filter(({ alertId }: { alertId: string }) => alertId === seen.id)
    const names = new Set(mine.map((event: { eventTypeName: string }) => event.eventTypeName))
    assert.deepEqual([...names], ['HOST_UP', 'HOST_DOWN'])
  })
})

describe('alerts of two servers that share a state', () => {
  let folder: string
  let receiver: HttpReceiver
  let engine: EngineProcess
  let mongod: EngineProcess
  let credentials: Credentials
  const servers: GantryProcess[] = []
  const call = callerAt(
    () => servers[servers.length - 1],
    () => credentials,
  )

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-alerts-'))
    const dirs = [join(folder, 'one'), join(folder, 'two')]
    receiver = await openHttpReceiver()
    mongod = await startEngineProcess()
    engine = await startEngineProcess()
    const state = engine.uri('&authSource=admin').replace('/?', '/control?')
    servers.push(await startGantry([...args, '--state', state], dirs[0]))
    credentials = servers[0].credentials()
    mkdirSync(dirs[1])
    copyFileSync(join(dirs[0], 'secret.key'), join(dirs[1], 'secret.key'))
    servers.push(await startGantry([...args, '--state', state], dirs[1]))
  })
  after(async () => {
    for (const server of servers) await server.stop()
    await engine?.remove()
    await mongod?.remove()
    await receiver?.close()
    rmSync(folder, { recursive: true })
  })

  test('come once, and are gone on with by the one that is left', async () => {
    const { id } = await call('POST', '/groups', { name: 'one', withDefaultAlertsSettings: false })
    const at = `/groups/${id}`
    await call('POST', `${at}/hosts`, { hostname: '127.0.0.1', port: mongod.port })
    await call('POST', `${at}/alertConfigs`, hostDown(receiver, 0))
    const alerts = async (): Promise<Alert[]> => (await call('GET', `${at}/alerts`)).results
    await mongod.kill()
    await receiver.until(1)
    const [alert, ...others] = await alerts()
    assert.deepEqual([alert.status, others], ['OPEN', []])
    await servers.shift()?.stop()
    await mongod.start()
    const closed = await until(alerts, ([first]) => first.status === 'CLOSED')
    assert.deepEqual(
      closed.map((one) => one.id),
      [alert.id],
    )
    await until(
      async () => toldOf(receiver, alert),
      (told) => told.includes('alert.close'),
    )
    assert.deepEqual(toldOf(receiver, alert), ['alert.open', 'alert.close'])
  })
})
