import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { GANTRY_VERSION } from '../../control/agents/versions.js'
import type { Project } from '../../control/projects/project.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

describe('the Public API: agents', () => {
  let app: PublicApp
  let group: Project
  let at: string
  before(async () => {
    app = await openPublicApp()
    const [{ id }] = (await app.get('/groups')).results
    group = app.control.projects.get(id) as Project
    at = `/groups/${id}/agents`
    const facts = { hostname: 'db1.example.com', version: '0.0.9', address: '192.0.2.7' }
    await app.control.agents.heard(group, facts, true)
  })
  after(() => app.close())

  test('the list of all has links to those of each type, and nothing else', async () => {
    const { links, results, totalCount } = await app.get(at)
    assert.deepEqual([results, totalCount], [[], 0])
    assert.deepEqual(
      links.map(({ rel, href }: { rel: string; href: string }) => [
        rel.replace('http://mms.mongodb.com/', ''),
        href.slice(app.base.length),
      ]),
      [
        ['self', `${at}?pageNum=1&itemsPerPage=100`],
        ['group', `/groups/${group.id}`],
        ['automationAgents', `${at}/AUTOMATION`],
        ['monitoringAgents', `${at}/MONITORING`],
        ['backupAgents', `${at}/BACKUP`],
        ['agentVersions', `${at}/versions`],
      ],
    )
  })

  test('the server monitors, an agent of another host is listed, dates are texts', async () => {
    const [monitoring] = (await app.get(`${at}/MONITORING`)).results
    const { lastConf, lastPing, confCount, pingCount, links, ...rest } = monitoring
    assert.deepEqual(rest, {
      hostname: hostname(),
      isManaged: true,
      stateName: 'ACTIVE',
      tag: null,
      typeName: 'MONITORING',
    })
    assert.ok(confCount >= 1 && pingCount >= 1)
    for (const date of [lastConf, lastPing]) assert.match(date, DATE)
    assert.equal(links[0].href, `${app.base}${at}/MONITORING`)
    const automation = (await app.get(`${at}/AUTOMATION`)).results
    const agent = automation.find((one: { hostname: string }) => one.hostname === 'db1.example.com')
    assert.match(agent.lastConf, DATE)
    // Registered is who asked within the last minute.
    assert.ok(Date.now() - Date.parse(agent.lastConf) < 60_000)
    assert.equal(agent.stateName, 'NO_PROCESSES')
    assert.deepEqual(Object.keys(agent), [
      'confCount',
      'hostname',
      'lastConf',
      'links',
      'stateName',
      'typeName',
    ])
    assert.deepEqual((await app.get(`${at}/BACKUP`)).results, [])
    for (const type of ['automation', 'NONE']) {
      const { json } = await app.call('GET', `${at}/${type}`, { status: 400 })
      assert.deepEqual([json.errorCode, json.parameters], ['INVALID_AGENT_TYPE_NAME', [type]])
    }
  })

  test('versions have times as numbers, and tell what is old', async () => {
    const answer = await app.get(`${at}/versions`)
    assert.equal(answer.count, answer.entries.length)
    const agent = answer.entries.find((one: { hostname: string }) => one.hostname.startsWith('db1'))
    const { lastConf, lastPing, msSinceLastConf, ...rest } = agent
    for (const time of [lastConf, lastPing, msSinceLastConf]) assert.ok(Number.isInteger(time))
    assert.ok(Math.abs(Date.now() - lastConf) < 60_000)
    assert.deepEqual(rest, {
      address: '192.0.2.7',
      confCount: 1,
      hostname: 'db1.example.com',
      hostnameShort: 'db1',
      isManaged: true,
      isModule: false,
      isPrimary: agent.isPrimary,
      isVersionDeprecated: true,
      isVersionOld: true,
      numProcess: 0,
      pingCount: 1,
      pingState: 'ok',
      tagName: '',
      version: '0.0.9',
    })
    const { entries: _entries, count: _count, links, ...flags } = answer
    assert.deepEqual(flags, {
      isAnyAgentNotManaged: false,
      isAnyAgentVersionDeprecated: true,
      isAnyAgentVersionOld: true,
      minimumAgentVersionDetected: '0.0.9',
      minimumVersion: '0.1.0',
    })
    assert.equal(links[0].href, `${app.base}${at}/versions`)
  })

  test('a group counts its agents, and says when one was heard of last', async () => {
    const { activeAgentCount, lastActiveAgent, links } = await app.get(`/groups/${group.id}`)
    const all = app.control.agents.ofProject(group)
    assert.equal(activeAgentCount, all.filter(app.control.agents.isPresent).length)
    assert.ok(activeAgentCount >= 2)
    assert.match(lastActiveAgent, DATE)
    assert.ok(links.some(({ href }: { href: string }) => href === app.base + at))
    const { orgId } = await app.get(`/groups/${group.id}`)
    const body = { name: 'no agents', orgId }
    const { json } = await app.call('POST', '/groups', { body, status: 201 })
    const own = await app.get(`/groups/${json.id}`)
    assert.ok(own.activeAgentCount < activeAgentCount)
    const { results } = await app.get(`/groups/${json.id}/agents/AUTOMATION`)
    assert.deepEqual(
      results.map((one: { hostname: string; stateName: string }) => [one.hostname, one.stateName]),
      [[hostname(), 'ACTIVE']],
    )
  })

  test('versions of software, with a slash at the end as some clients send it', async () => {
    const answer = await app.get('/softwareComponents/versions/')
    assert.deepEqual(answer, await app.get('/softwareComponents/versions'))
    assert.deepEqual(Object.keys(answer), [
      'automationMinimumVersion',
      'automationVersion',
      'biConnectorMinimumVersion',
      'biConnectorVersion',
      'links',
      'mongoDbToolsVersion',
    ])
    assert.equal(answer.automationVersion, GANTRY_VERSION)
    const manifest = new URL('../../../package.json', import.meta.url)
    assert.equal(JSON.parse(readFileSync(manifest, 'utf8')).version, GANTRY_VERSION)
  })
})
