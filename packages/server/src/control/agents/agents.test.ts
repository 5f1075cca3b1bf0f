import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { type Events, openEvents } from '../events/events.js'
import type { Project } from '../projects/project.js'
import type { Reloads } from '../records.js'
import { type State, stateIn } from '../state.js'
import { agentTable } from './agent.js'
import { type Agents, openAgents } from './agents.js'
import { compareVersions } from './versions.js'

describe('agents', () => {
  let folder: string
  let state: State
  let events: Events
  let nowMs = 0
  let writes = 0
  const said: string[] = []
  const log = {
    info: (_fields: object, message: string) => void said.push(message),
    warn: (_fields: object, message: string) => void said.push(message),
    error: (_fields: object, message: string) => void said.push(message),
  }
  const project = { id: 'a'.repeat(24), org: 'b'.repeat(24) } as Project
  const other = { id: 'c'.repeat(24), org: 'b'.repeat(24) } as Project
  const facts = { hostname: 'db1.example.com', version: '0.1.0', folderId: 'one' }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-agents-'))
    const stored = stateIn(await openEmbedded(join(folder, 'system')))
    const counted = <T extends unknown[], R>(write: (...args: T) => R) => {
      return (...args: T) => {
        if ((args[0] as { collection: string }).collection === agentTable.collection) writes++
        return write(...args)
      }
    }
    state = {
      ...stored,
      insert: counted(stored.insert) as State['insert'],
      findAndModify: counted(stored.findAndModify) as State['findAndModify'],
    }
    events = await openEvents(state)
  })
  after(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    nowMs += 30 * 24 * 3_600_000
    await state.deleteAll(agentTable, {})
    said.length = 0
  })

  /** A server that shares the state, with its own memory. */
  async function open(server: string): Promise<Agents & { reload(): Promise<void> }> {
    const reloads: Reloads = new Map()
    const keeping = { state, reloads }
    const id = server.repeat(24)
    const now = () => nowMs
    const agents = await openAgents({ keeping, events, log, server: id, hostname: server, now })
    return { ...agents, reload: async () => reloads.get(agentTable.collection)?.() }
  }

  test('one that is heard of counts in memory, and is written down now and then', async () => {
    const agents = await open('1')
    writes = 0
    for (let i = 0; i < 100; i++) await agents.heard(project, facts, i % 2 === 0)
    assert.equal(writes, 1)
    const [agent] = agents.ofProject(project)
    const { confCount, pingCount } = agent
    assert.deepEqual({ confCount, pingCount }, { confCount: 50, pingCount: 100 })
    assert.deepEqual(agents.ofProject(other), [])
    await agents.tick()
    await agents.tick()
    assert.equal(writes, 2)
    assert.deepEqual(agents.ofProject(project), [agent])
    assert.deepEqual((await open('1')).ofProject(project), [agent])
  })

  test('servers that share a state add up what they heard', async () => {
    const [one, two] = [await open('1'), await open('2')]
    await one.heard(project, facts, true)
    await two.heard(project, facts, true)
    nowMs += 10_000
    await two.heard(project, facts, false)
    await one.heard(project, facts, true)
    await Promise.all([one.tick(), two.tick()])
    for (const agents of [one, two]) {
      await agents.reload()
      const [{ confCount, pingCount, lastConfMs, lastPingMs }] = agents.ofProject(project)
      assert.deepEqual([confCount, pingCount], [3, 4])
      assert.deepEqual([lastConfMs, lastPingMs], [nowMs, nowMs])
    }
    const query = { groupId: project.id, types: ['NEW_AGENT'], minMs: 0 }
    const { hostname } = (await events.list(query, 0, 1))[0].facts
    assert.equal(hostname, facts.hostname)
  })

  test('one that comes first, goes and comes back is told of', async () => {
    const agents = await open('1')
    const before = await events.count({ groupId: project.id, types: ['NEW_AGENT'] })
    await agents.heard(project, facts, true)
    await agents.heard(project, facts, true)
    assert.equal(await events.count({ groupId: project.id, types: ['NEW_AGENT'] }), before + 1)
    nowMs += 59_999
    await agents.tick()
    assert.ok(agents.isPresent(agents.ofProject(project)[0]))
    nowMs += 1
    assert.ok(!agents.isPresent(agents.ofProject(project)[0]))
    await agents.tick()
    await agents.tick()
    await agents.heard(project, facts, true)
    assert.deepEqual(
      said.map((message) => message.split(':')[0]),
      ['an agent has come for the first time', 'an agent is gone', 'an agent is back'],
    )
    nowMs += 8 * 24 * 3_600_000
    await agents.tick()
    assert.deepEqual(agents.ofProject(project), [])
  })

  test('two that say they are the same host are not both let in', async () => {
    const agents = await open('1')
    await agents.heard(project, { ...facts, address: '192.0.2.1' }, true)
    const second = { ...facts, folderId: 'two' }
    await assert.rejects(agents.heard(project, second, true), /Another agent at 192\.0\.2\.1/)
    await assert.rejects((await open('2')).heard(project, second, true), /Another agent/)
    await agents.heard(other, second, true)
    nowMs += 60_000
    await agents.heard(project, second, true)
  })

  test('a server is an agent of each project that it works for', async () => {
    const agents = await open('1')
    let runs = true
    agents.play({ type: 'MONITORING', runs: () => runs })
    const hostnames = ['1', 'localhost']
    const serves = ({ id }: Project) => id === project.id
    agents.play({ type: 'AUTOMATION', runs: () => true, serves, hostnames })
    await agents.start()
    await agents.heard(project, facts, true)
    const types = (of: Project) =>
      agents.ofProject(of).map(({ type, hostname }) => [type, hostname])
    assert.deepEqual(types(project), [
      ['MONITORING', '1'],
      ['AUTOMATION', '1'],
      ['AUTOMATION', 'db1.example.com'],
    ])
    assert.deepEqual(types(other), [['MONITORING', '1']])
    const local = { ...facts, hostname: 'localhost' }
    await assert.rejects(agents.heard(project, local, true), /that of the server itself/)
    await agents.heard(other, local, true)
    await agents.forget(other.id)
    runs = false
    nowMs += 60_000
    await agents.tick()
    const present = agents.ofProject(project).filter(agents.isPresent)
    assert.deepEqual(
      present.map(({ type }) => type),
      ['AUTOMATION'],
    )
    await agents.forget(project.id)
    assert.deepEqual(types(project).length, 2)
    await agents.stop()
  })
})

test('versions are compared by their numbers', () => {
  for (const [a, b, wanted] of [
    ['0.1.0', '0.1.0', 0],
    ['0.9.0', '0.10.0', -1],
    ['1.0', '1.0.0', 0],
    ['12.0.3.7-1', '12.0.3.6-1', 1],
  ] as const) {
    assert.equal(Math.sign(compareVersions(a, b)), wanted, `${a} ${b}`)
  }
})
