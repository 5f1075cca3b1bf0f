import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Goal } from '@gantry/server'
import { goalFile } from './goal-file.js'
import { type HttpFeed, openHttpFeed } from './http-feed.js'
import { AgentRefused, NotNow, type ServerLink } from './server-link.js'

const PROJECT = 'a'.repeat(24)
const HOST = 'db1.example.com'
const URL = 'https://mgr.example.com'

const goalAt = (version: number, hostname = HOST) =>
  ({ version, processes: [{ name: 'p', hostname }], replicaSets: [] }) as unknown as Goal

/** What the server says to one call: an answer, or why there is none. */
type Said = object | Error

describe('the feed of an agent over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-feed-'))
  after(() => rmSync(folder, { recursive: true }))
  const welcome = { project: PROJECT, projectName: 'one', serverVersion: '0.1.0' }
  const signal = new AbortController().signal
  const fileOf = (name: string, other: object = {}) =>
    goalFile({ folder: join(folder, name), server: URL, hostname: HOST, key: 'k', ...other })

  /** A feed of a server that says these things one after the other. */
  function feedOf(
    script: Said[],
    { group, name = randomUUID() }: { group?: string; name?: string } = {},
  ) {
    const calls: string[] = []
    const told: string[] = []
    let pauses = 0
    const next = (what: string) => {
      calls.push(what)
      const said = script.shift()
      if (said === undefined) throw new Error(`nobody expects ${what}`)
      if (said instanceof Error) throw said
      return said
    }
    const link: ServerLink = {
      get: async <T>(path: string, query?: Readonly<Record<string, string>>) =>
        next(`GET ${path || '/'} ${query?.known ?? ''}`.trim()) as T,
      async put(path, body) {
        next(`PUT ${path} ${JSON.stringify(body)}`)
      },
      close() {},
    }
    const feed: HttpFeed = openHttpFeed({
      link,
      hostname: HOST,
      agentVersion: '0.1.0',
      folder: 'f',
      group,
      file: fileOf(name),
      connected: ({ projectName }) => void told.push(`ready: ${projectName}`),
      say: (message) => void told.push(message),
      between: {
        async pause() {
          pauses++
        },
        reset() {},
      },
    })
    return { feed, calls, told, pauses: () => pauses }
  }

  test('it says what it knows, and gives what is new', async () => {
    const { feed, calls, told } = feedOf([
      welcome,
      { project: PROJECT, version: 3, goal: goalAt(3) },
      { project: PROJECT, version: 3 },
      {},
    ])
    assert.deepEqual(await feed.next(new Map(), signal), [{ project: PROJECT, goal: goalAt(3) }])
    assert.deepEqual(await feed.next(new Map([[PROJECT, 3]]), signal), [])
    await feed.report(PROJECT, [])
    assert.deepEqual(calls, [
      'GET /',
      'GET /goal',
      'GET /goal 3',
      `PUT /status {"hostname":"${HOST}","agentVersion":"0.1.0","folder":"f","statuses":[]}`,
    ])
    assert.deepEqual(told, ['ready: one'])
  })

  test('while the server is away it tries again, and says so once', async () => {
    const away = () => new Error('connect ECONNREFUSED')
    const { feed, told, pauses } = feedOf([
      away(),
      away(),
      new NotNow('The server is shutting down.'),
      welcome,
      away(),
      { project: PROJECT, version: 1, goal: goalAt(1) },
    ])
    assert.equal((await feed.next(new Map(), signal))[0].goal.version, 1)
    assert.equal(pauses(), 4)
    assert.deepEqual(told, [
      'connect ECONNREFUSED; trying again',
      'The server is shutting down; trying again',
      'ready: one',
      'connect ECONNREFUSED; trying again',
      'the server is back',
    ])
  })

  test('started without a server it goes on with what it did before, for the same host alone', async () => {
    const name = 'kept'
    const goal = goalAt(7)
    const first = feedOf([welcome, { project: PROJECT, version: 7, goal }], { name })
    await first.feed.next(new Map(), signal)
    assert.equal(statSync(join(folder, name, 'goal.json')).mode & 0o777, 0o600)
    const { feed, told, calls } = feedOf(
      [new Error('away'), new Error('away'), welcome, { project: PROJECT, version: 7 }],
      { name },
    )
    assert.deepEqual(await feed.next(new Map(), signal), [{ project: PROJECT, goal }])
    assert.deepEqual(await feed.next(new Map([[PROJECT, 7]]), signal), [])
    assert.deepEqual(calls, ['GET /', 'GET /', 'GET /', 'GET /goal 7'])
    assert.match(told[1], /going on with version 7/)
    for (const other of [{ hostname: 'db2' }, { server: 'x' }, { key: 'x' }]) {
      assert.equal(await fileOf(name, other).read(), undefined)
    }
  })

  test('a key that is wrong, or for another project, is the end', async () => {
    for (const [script, group, says] of [
      [[new AgentRefused('wrong key')], undefined, /wrong key/],
      [[welcome], 'b'.repeat(24), /is for the group a{24} \(one\), not for b{24}/],
      [[welcome, new AgentRefused('deleted')], PROJECT, /deleted/],
    ] as const) {
      const stop = new AbortController()
      const { feed } = feedOf([...script], { group })
      const waiting = feed.next(new Map(), stop.signal)
      await assert.rejects(feed.failed, says)
      stop.abort()
      assert.deepEqual(await waiting, [])
    }
    const { feed } = feedOf([new AgentRefused('deleted')])
    await assert.rejects(feed.report(PROJECT, []), /deleted/)
    await assert.rejects(feed.failed, /deleted/)
  })

  test('a goal that is not about this host is told of, with the hosts that it names', async () => {
    const { feed, told } = feedOf([
      welcome,
      { project: PROJECT, version: 2, goal: goalAt(2, 'db2.example.com') },
      { project: PROJECT, version: 3, goal: { ...goalAt(3), processes: [] } },
    ])
    await feed.next(new Map(), signal)
    await feed.next(new Map([[PROJECT, 2]]), signal)
    assert.match(told[1], /nothing in version 2.*db1\.example\.com; it names db2\.example\.com/)
    assert.match(told[2], /nothing in version 3.*no processes/)
  })
})
