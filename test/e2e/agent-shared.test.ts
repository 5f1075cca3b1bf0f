import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { publicClients } from '../support/public-clients.js'

const HOST = 'db1.example.com'
const WHO = { hostname: HOST, agentVersion: '0.1.0', folder: 'f' }

/** What is done at one of two servers with one state, and what agents see at the other. */
describe('agents of servers that share a state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-agents-shared-'))
  const dirs = [join(folder, 'one'), join(folder, 'two')]
  const client = publicClients[publicClients.length - 1].open()
  let engine: EngineProcess
  let one: GantryProcess
  let two: GantryProcess
  let group: string

  before(async () => {
    engine = await startEngineProcess()
    const args = ['--state', engine.uri(), '--public-rate-limit', '0']
    one = await startGantry(args, dirs[0])
    mkdirSync(dirs[1])
    copyFileSync(join(dirs[0], 'secret.key'), join(dirs[1], 'secret.key'))
    two = await startGantry(args, dirs[1])
    group = (await call('GET', '/groups')).results[0].id
  })
  after(async () => {
    await client.close()
    await two?.stop()
    await one?.stop()
    await engine?.remove()
    rmSync(folder, { recursive: true })
  })

  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  async function call(method: string, path: string, body?: unknown): Promise<any> {
    const url = `${one.url}/api/public/v1.0${path}`
    const { status, text } = await client.call(one.credentials(), method, url, body)
    assert.ok(status < 300, text)
    return JSON.parse(text)
  }

  async function agentCall(key: string, method: string, path: string, body?: object) {
    const response = await fetch(`${two.url}/api/agents/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    return { status: response.status, json: (await response.json()) as { version?: number } }
  }

  const ask = (key: string, more: Record<string, string> = {}) =>
    agentCall(key, 'GET', `/goal?${new URLSearchParams({ ...WHO, ...more })}`)

  /** Asks again until the answer is the wanted one; the test's own limit is what ends it. */
  async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask()
      if (isRight(answer)) return answer
      await pause(10)
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  const listed = async (): Promise<any[]> =>
    (await call('GET', `/groups/${group}/agents/AUTOMATION`)).results

  test('a goal put at one is told to an agent that waits at the other, whose word comes back', async () => {
    const { key } = await call('POST', `/groups/${group}/agentapikeys`, { desc: 'test' })
    await until(
      () => ask(key),
      ({ status }) => status === 200,
    )
    await until(listed, (agents) => agents.some(({ hostname }) => hostname === HOST))
    const waiting = ask(key, { known: '0', wait: '25' })
    const process = {
      name: 'p',
      hostname: HOST,
      processType: 'mongod',
      version: '8.0.0',
      featureCompatibilityVersion: '8.0',
      authSchemaVersion: 5,
      args2_6: {
        net: { port: 27017 },
        storage: { dbPath: '/data/p' },
        systemLog: { destination: 'file', path: '/data/p.log' },
      },
    }
    await call('PUT', `/groups/${group}/automationConfig`, {
      processes: [process],
      replicaSets: [],
    })
    const { status, json } = await waiting
    assert.deepEqual([status, json.version], [200, 1])
    const said = {
      name: 'p',
      hostname: HOST,
      lastGoalVersionAchieved: 1,
      plan: [],
      errorCode: 0,
      errorString: '',
    }
    assert.equal((await agentCall(key, 'PUT', '/status', { ...WHO, statuses: [said] })).status, 200)
    await until(
      () => call('GET', `/groups/${group}/automationStatus`),
      ({ processes }) => processes[0].lastGoalVersionAchieved === 1,
    )
  })

  test('a key deleted at one ends what waits at the other', async () => {
    const { key, _id } = await call('POST', `/groups/${group}/agentapikeys`, { desc: 'test' })
    await until(
      () => ask(key),
      ({ status }) => status === 200,
    )
    const waiting = ask(key, { known: '1', wait: '25' })
    await call('DELETE', `/groups/${group}/agentapikeys/${_id}`)
    assert.equal((await waiting).status, 401)
    assert.equal((await ask(key)).status, 401)
  })

  test('each server is an agent that monitors', async () => {
    const { results } = await call('GET', `/groups/${group}/agents/MONITORING`)
    assert.equal(results.length, 2)
    assert.ok(results.every(({ stateName }: { stateName: string }) => stateName === 'ACTIVE'))
  })
})
