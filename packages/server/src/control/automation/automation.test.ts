import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Binary, type Doc, ObjectId } from '@gantry/bson'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { documentOf, standaloneDocument } from '../../testing/goal-document.js'
import type { AuditEvent } from '../events/event.js'
import { openEvents } from '../events/events.js'
import type { Reloads } from '../records.js'
import { openSecrets, type Secrets } from '../secrets.js'
import { type State, stateIn } from '../state.js'
import { openAutomation } from './automation.js'

const HOST = 'db0.example.com'

describe('automation over a state', () => {
  let folder: string
  let state: State
  let secrets: Secrets
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-automation-'))
    state = stateIn(await openEmbedded(join(folder, 'system')))
    secrets = await openSecrets(join(folder, 'key'), true)
  })
  after(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  /** One of the servers that share the state, with what it would be told by the others. */
  async function server() {
    const reloads: Reloads = new Map()
    const events: AuditEvent[] = []
    const log = await openEvents(state)
    log.watch((event) => events.push(event))
    const automation = await openAutomation({ state, reloads }, secrets, log)
    const reload = async () => {
      for (const read of reloads.values()) await read()
    }
    return { automation, reload, events }
  }
  const newProject = () => new ObjectId().toHexString()

  test('what one server accepted is told and known on the other, and after a restart', async () => {
    const project = newProject()
    const [one, two] = [await server(), await server()]
    const told: string[] = []
    one.automation.watch((id) => told.push(`one ${id}`))
    two.automation.watch((id) => told.push(`two ${id}`))
    await one.automation.put(project, documentOf(standaloneDocument(1)), {})
    await two.reload()
    await two.reload()
    assert.deepEqual(told, [`one ${project}`, `two ${project}`])
    const later = await server()
    for (const { automation } of [one, two, later]) {
      assert.equal(automation.goal(project).version, 1)
      assert.deepEqual(automation.goal(project), one.automation.goal(project))
      assert.ok(automation.projects().includes(project))
    }
  })

  test('writers on two servers who know nothing of each other are all accepted, one version each', async () => {
    const project = newProject()
    const servers = [await server(), await server()]
    const writes = Array.from({ length: 8 }, (_, i) =>
      servers[i % 2].automation.put(project, documentOf(standaloneDocument(i)), {}),
    )
    const versions = (await Promise.all(writes)).map(({ version }) => version)
    assert.deepEqual(
      [...versions].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
    const events = servers.flatMap((one) => one.events)
    assert.deepEqual(new Set(events.map(({ facts }) => facts.groupId)), new Set([project]))
    assert.equal(events.length, 8)
    await servers[0].reload()
    assert.equal(servers[0].automation.goal(project).version, 8)
  })

  test('a writer who loses every race is told so, and has changed nothing', async () => {
    const project = newProject()
    const winner = (await server()).automation
    let n = 0
    const next = () => documentOf(standaloneDocument(++n))
    await winner.put(project, next(), {})
    const racing: State = {
      ...state,
      async updateIf(...update) {
        await winner.put(project, next(), {})
        return state.updateIf(...update)
      },
    }
    const log = await openEvents(state)
    const loser = await openAutomation({ state: racing, reloads: new Map() }, secrets, log)
    await assert.rejects(loser.put(project, documentOf(standaloneDocument(99)), {}), {
      details: { reason: 'AUTOMATION_CONFIG_CONCURRENT_MODIFICATION', parameters: [project] },
    })
    const { version, processes } = winner.goal(project)
    assert.equal(version, n)
    assert.deepEqual(processes, [standaloneDocument(n)])
  })

  test('a document that the state has no room for is refused', async () => {
    const { automation } = await server()
    const project = newProject()
    const large = { ...documentOf(standaloneDocument(1)), uiBaseUrl: 'x'.repeat(16_000_000) }
    await assert.rejects(automation.put(project, large, {}), {
      details: { reason: 'REQUEST_TOO_LARGE', parameters: [] },
    })
    assert.equal(automation.goal(project).version, 0)
  })

  test('the last writer wins, also with what was there before another server wrote', async () => {
    const project = newProject()
    const [one, two] = [await server(), await server()]
    const first = documentOf(standaloneDocument(1))
    await one.automation.put(project, first, {})
    await two.reload()
    await two.automation.put(project, documentOf(standaloneDocument(2)), {})
    const { version, processes } = await one.automation.put(project, first, {})
    assert.equal(version, 3)
    assert.equal(two.automation.goal(project).version, 2)
    assert.equal((await two.automation.latest(project)).version, 3)
    assert.deepEqual(
      processes.map(({ name }) => name),
      ['single_1'],
    )
  })

  test('what an agent says is kept, for the processes of its host alone, and never beyond the goal', async () => {
    const project = newProject()
    const { automation } = await server()
    const elsewhere = standaloneDocument(2, { hostname: 'db1.example.com' })
    await automation.put(project, documentOf(standaloneDocument(1), elsewhere), {})
    const said = { lastGoalVersionAchieved: 7, plan: [], errorCode: 0, errorString: '' }
    const names = ['single_1', 'single_2', 'unknown']
    const all = names.map((name) => ({ ...said, name, hostname: HOST }))
    await automation.report(project, HOST, all)
    for (const one of [automation, (await server()).automation]) {
      const { goalVersion, processes } = one.status(project)
      assert.equal(goalVersion, 1)
      const achieved = processes.map((process) => [process.name, process.lastGoalVersionAchieved])
      assert.deepEqual(achieved, [
        ['single_1', 1],
        ['single_2', 0],
      ])
    }
  })

  test('nothing of a document is readable where the state is kept', async () => {
    const project = newProject()
    const { automation } = await server()
    const auth = {
      disabled: true,
      autoPwd: 'very-secret',
      usersWanted: [{ user: 'ann', db: 'admin', roles: [], pwd: 'very-secret' }],
    }
    await automation.put(project, { ...documentOf(standaloneDocument(1)), auth }, {})
    await automation.agentSettings.put(project, 'backup', { password: 'very-secret' })
    assert.equal(automation.goal(project).auth?.autoPwd, 'very-secret')
    assert.deepEqual(automation.agentSettings.get(project, 'backup'), { password: 'very-secret' })
    for (const collection of ['automationGoals', 'automationAgentSettings']) {
      const read = (doc: Doc) =>
        [...doc.values()].map((value) =>
          value instanceof Binary ? Buffer.from(value.bytes).toString('latin1') : String(value),
        )
      const stored = await state.list({ collection, read, write: () => ({}) })
      assert.ok(stored.length > 0)
      assert.ok(!/very-secret|autoPwd|storedKey|single_1/.test(stored.flat().join(' ')))
    }
  })

  test('a project that is gone has no document and no status, on another server neither', async () => {
    const project = newProject()
    const [one, two] = [await server(), await server()]
    await one.automation.put(project, documentOf(standaloneDocument(1)), {})
    await two.reload()
    await one.automation.forget(project)
    await two.reload()
    for (const { automation } of [one, two]) {
      assert.deepEqual(automation.status(project), { goalVersion: 0, processes: [] })
      assert.ok(!automation.projects().includes(project))
    }
  })
})
