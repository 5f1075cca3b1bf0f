import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'light-my-request'
import { AGENTS_PREFIX } from '../../automation/agent-protocol.js'
import type { Project } from '../../control/projects/project.js'
import { documentOf, standaloneDocument } from '../../testing/goal-document.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'
import { buildAgents } from './app.js'
import { limits } from './limits.js'

const HOST = 'db0.example.com'
const WHO = { agentVersion: '0.1.0', folder: 'f1' }

interface Sent {
  readonly key?: string
  readonly method?: string
  readonly query?: Record<string, string | number>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

describe('the protocol of agents', () => {
  let app: PublicApp
  let mine: Project
  let theirs: Project
  let key: string
  let otherKey: string
  before(async () => {
    app = await openPublicApp()
    const [{ id, orgId }] = (await app.get('/groups')).results
    const body = { name: 'another', orgId }
    const other = (await app.call('POST', '/groups', { body, status: 201 })).json
    mine = app.control.projects.get(id) as Project
    theirs = app.control.projects.get(other.id) as Project
    key = (await newKey(mine)).key
    otherKey = other.agentApiKey
  })
  after(() => app.close())

  const newKey = async ({ id }: Project): Promise<{ key: string; _id: string }> => {
    const call = { body: { desc: 'test' }, status: 201 }
    return (await app.call('POST', `/groups/${id}/agentapikeys`, call)).json
  }

  async function call(path: string, { key: given, method, query, body, signal }: Sent = {}) {
    const params = new URLSearchParams(query as Record<string, string> | undefined)
    const response = await fetch(`${app.origin}${AGENTS_PREFIX}${path}?${params}`, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${given ?? key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
    const json = (await response.json()) as any
    return { status: response.status, headers: response.headers, json }
  }

  const goalOf = (hostname: string, more: Sent['query'] = {}, sent: Sent = {}) =>
    call('/goal', { ...sent, query: { hostname, ...WHO, ...more } })

  const publish = (project: Project, n: number) =>
    app.control.automation.put(project.id, documentOf(standaloneDocument(n)), {})

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await pause(1)
  }

  const confsOf = (project: Project, host: string) =>
    app.control.agents.ofProject(project).find(({ hostname }) => hostname === host)?.confCount ?? 0

  test('a key of agents is needed, as a bearer token, and nothing else is taken for one', async () => {
    const { status, json } = await call('')
    assert.deepEqual([status, json.project, json.projectName], [200, mine.id, mine.name])
    const url = `${app.origin}${AGENTS_PREFIX}/goal`
    const wrong = [
      await fetch(url),
      await fetch(`${url}?key=${key}&api_key=${key}`),
      await fetch(url, { headers: { authorization: key } }),
      await fetch(url, { headers: { authorization: `Bearer ${'0'.repeat(64)}` } }),
      await fetch(url, { headers: { authorization: `Bearer ${app.owner.privateKey}` } }),
      await fetch(url, { headers: { authorization: `Basic ${btoa(`agent:${key}`)}` } }),
    ]
    for (const response of wrong) {
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm=/)
      const text = await response.text()
      assert.doesNotMatch(text, new RegExp(key))
      const document = JSON.parse(text)
      assert.deepEqual(Object.keys(document), [
        'detail',
        'error',
        'errorCode',
        'parameters',
        'reason',
      ])
      assert.equal(document.errorCode, 'INVALID_AGENT_API_KEY')
    }
  })

  test('plain HTTP from elsewhere is refused', async () => {
    const build = (plainHttp: boolean) =>
      buildAgents({ control: app.control, plainHttp, now: Date.now, failed: () => {} })
    const headers = { authorization: `Bearer ${key}` }
    // Injected requests come from no address, and so not from this machine.
    const refused = await inject(build(false).handle, { url: AGENTS_PREFIX, headers })
    assert.equal(refused.statusCode, 403)
    assert.equal(refused.json().errorCode, 'ACCESS_FORBIDDEN')
    assert.equal(
      (await inject(build(true).handle, { url: AGENTS_PREFIX, headers })).statusCode,
      200,
    )
  })

  test('an agent gets the goal of its project alone, and is listed from then on', async () => {
    const goal = await publish(mine, 27100)
    const { json } = await goalOf(HOST)
    assert.deepEqual([json.project, json.version], [mine.id, goal.version])
    assert.deepEqual(json.goal.processes, goal.processes)
    const again = await goalOf(HOST, { known: goal.version })
    assert.deepEqual(again.json, { project: mine.id, version: goal.version })
    const foreign = await goalOf(HOST, {}, { key: otherKey })
    assert.deepEqual([foreign.json.project, foreign.json.version], [theirs.id, 0])
    assert.deepEqual(foreign.json.goal.processes, [])
    const { results } = await app.get(`/groups/${mine.id}/agents/AUTOMATION`)
    const listed = results.find(({ hostname }: { hostname: string }) => hostname === HOST)
    assert.deepEqual([listed.confCount, listed.stateName], [2, 'ACTIVE'])
    const query = { groupId: mine.id, types: ['NEW_AGENT'] }
    assert.equal((await app.control.events.list(query, 0, 9))[0].facts.hostname, HOST)
  })

  test('it waits for the next version, and is told at once', async () => {
    const { version } = await publish(mine, 27101)
    const before = confsOf(mine, HOST)
    const waiting = goalOf(HOST, { known: version, wait: 25 })
    await until(() => confsOf(mine, HOST) > before)
    await publish(theirs, 27102)
    const next = await publish(mine, 27103)
    const { json } = await waiting
    assert.deepEqual([json.version, json.goal.processes], [next.version, next.processes])
    const waited = await goalOf(HOST, { known: next.version, wait: 1 })
    assert.deepEqual(waited.json, { project: mine.id, version: next.version })
  })

  test('the end of a key ends what is under way with it, and nothing else', async () => {
    const { key: own, _id } = await newKey(mine)
    const host = 'revoked.example.com'
    const { version } = app.control.automation.goal(mine.id)
    const waiting = goalOf(host, { known: version, wait: 25 }, { key: own })
    const other = goalOf(HOST, { known: version, wait: 25 })
    await until(() => confsOf(mine, host) > 0)
    await app.call('DELETE', `/groups/${mine.id}/agentapikeys/${_id}`, { status: 200 })
    const { status, json } = await waiting
    assert.deepEqual([status, json.errorCode], [401, 'INVALID_AGENT_API_KEY'])
    assert.equal((await goalOf(host, {}, { key: own })).status, 401)
    await publish(mine, 27104)
    assert.equal((await other).status, 200)
  })

  test('who goes away does not wait any longer', async () => {
    const { version } = app.control.automation.goal(mine.id)
    const host = 'gone.example.com'
    const abort = new AbortController()
    const waiting = goalOf(host, { known: version, wait: 25 }, { signal: abort.signal })
    await until(() => confsOf(mine, host) > 0)
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
  })

  test('a server that stops ends the waiting', async () => {
    const { control } = app
    const agents = buildAgents({ control, plainHttp: true, now: Date.now, failed: () => {} })
    const { version } = control.automation.goal(mine.id)
    const host = 'stopping.example.com'
    const query = { hostname: host, ...WHO, known: String(version), wait: '25' }
    const headers = { authorization: `Bearer ${key}` }
    const waiting = inject(agents.handle, { url: `${AGENTS_PREFIX}/goal`, query, headers })
    await until(() => confsOf(mine, host) > 0)
    await agents.close()
    const reply = await waiting
    assert.deepEqual([reply.statusCode, reply.json().errorCode], [503, 'UNEXPECTED_ERROR'])
  })

  test('what an agent says of its processes is the status; of others it says nothing', async () => {
    const { version, processes } = await publish(mine, 27105)
    const [{ name }] = processes
    const status = {
      name,
      hostname: HOST,
      lastGoalVersionAchieved: version,
      plan: [],
      errorCode: 0,
      errorString: '',
    }
    const report = (hostname: string, statuses: unknown[], more: Sent = {}) =>
      call('/status', { method: 'PUT', body: { hostname, ...WHO, statuses }, ...more })
    const achieved = async () =>
      (await app.control.automation.status(mine.id)).processes[0].lastGoalVersionAchieved
    assert.equal((await report('elsewhere.example.com', [status])).status, 200)
    assert.equal((await report(HOST, [status], { key: otherKey })).status, 200)
    assert.equal(await achieved(), 0)
    assert.deepEqual(await report(HOST, [status]).then((reply) => [reply.status, reply.json]), [
      200,
      {},
    ])
    assert.equal(await achieved(), version)
    for (const [body, code, at] of [
      [{ ...WHO, statuses: [] }, 'MISSING_ATTRIBUTE', 'hostname'],
      [
        { hostname: HOST, ...WHO, statuses: [{ ...status, x: 1 }] },
        'INVALID_ATTRIBUTE',
        'statuses[0].x',
      ],
      [{ hostname: HOST, ...WHO, statuses: {} }, 'INVALID_JSON_ATTRIBUTE', 'statuses'],
      [{ hostname: 'a/b', ...WHO, statuses: [] }, 'INVALID_HOSTNAME', 'a/b'],
    ] as const) {
      const { status: got, json } = await call('/status', { method: 'PUT', body })
      assert.deepEqual([got, json.errorCode, json.parameters[0]], [400, code, at])
    }
    const large = await report(HOST, [{ ...status, errorString: 'x'.repeat(1024 * 1024) }])
    assert.deepEqual([large.status, large.json.errorCode], [413, 'REQUEST_TOO_LARGE'])
  })

  test('two agents are not both the same host', async () => {
    const host = 'twice.example.com'
    assert.equal((await goalOf(host)).status, 200)
    const { status, json } = await goalOf(host, { folder: 'f2' })
    assert.deepEqual([status, json.errorCode], [409, 'AGENT_HOSTNAME_TAKEN'])
    assert.equal(json.parameters[0], host)
    assert.equal((await goalOf(host, { folder: 'f2' }, { key: otherKey })).status, 200)
  })

  test('paths, methods and parameters that are none', async () => {
    assert.equal((await call('/nothing')).json.errorCode, 'RESOURCE_NOT_FOUND')
    const { status, headers } = await call('/goal', { method: 'DELETE' })
    assert.deepEqual([status, headers.get('allow')], [405, 'GET'])
    for (const [query, code, at] of [
      [{}, 'MISSING_QUERY_PARAMETER', 'hostname'],
      [{ hostname: HOST, ...WHO, wait: 26 }, 'INVALID_QUERY_PARAMETER', 'wait'],
      [{ hostname: HOST, ...WHO, known: 'x' }, 'INVALID_QUERY_PARAMETER', 'known'],
      [{ hostname: HOST, ...WHO, folder: '../x' }, 'INVALID_QUERY_PARAMETER', 'folder'],
    ] as const) {
      const { json } = await call('/goal', { query: query as Sent['query'] })
      assert.deepEqual([json.errorCode, json.parameters[0]], [code, at])
    }
  })

  test('an agent that asks without end is told to wait, and others are not', async () => {
    const host = 'busy.example.com'
    let reply = await goalOf(host)
    while (reply.status === 200) reply = await goalOf(host)
    assert.deepEqual([reply.status, reply.json.errorCode], [429, 'TOO_MANY_AGENT_REQUESTS'])
    assert.ok(Number(reply.headers.get('retry-after')) <= 60)
    assert.equal((await goalOf('calm.example.com')).status, 200)
  })

  test('calls are counted by the minute, and those who wait by the project', async () => {
    let nowMs = 59_000
    const limit = limits(() => nowMs)
    for (let i = 0; i < 300; i++) limit.count('a', 300)
    limit.count('b', 300)
    assert.throws(() => limit.count('a', 300), /a asks too often: try again in 1 seconds/)
    nowMs = 60_000
    limit.count('a', 300)
    let finish = () => {}
    const work = new Promise<void>((resolve) => {
      finish = resolve
    })
    const waiting = Array.from({ length: 1000 }, () => limit.waiting('p', () => work))
    await assert.rejects(
      limit.waiting('p', () => work),
      /asks too often/,
    )
    finish()
    await Promise.all(waiting)
    await limit.waiting('p', () => work)
  })
})
