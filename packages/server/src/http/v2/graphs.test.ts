import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App } from '../../testing/v2-app.js'

interface Graph {
  readonly text: string
  readonly 'legend-item': { readonly text: string }
  readonly values: readonly (readonly [number, number])[]
}

const MINUTE = 60_000

const timeText = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', '+')

describe('graphs of API v2', () => {
  let app: V2App
  let host: string
  const beganMs = Date.now()
  before(async () => {
    // Samples are taken when the test says so.
    app = await openV2App({ args: ['--metrics-interval', '0'] })
    const [instance] = app.control.instances.all()
    const deployment = await app.control.instances.mongodb(instance)
    for (let i = 0; i < 3; i++) await deployment.insert('shop', 'things', { _id: i })
    await app.control.metrics.sample(instance)
    const config = await app.json<{ shards: Record<string, string[]> }>(
      'GET',
      '/instances/default/stats_config/',
    )
    host = Object.values(config.shards)[0][0]
  })
  after(() => app.close())

  const during = (granularity = 'minute') =>
    `start_time=${timeText(beganMs - MINUTE)}&end_time=${timeText(Date.now() + MINUTE)}&granularity=${granularity}`

  const ask = (name: string, query = during(), path = '/graphs/ad_hoc/') =>
    app.json<Graph[]>('POST', `${path}?${query}`, { stats: [{ instance: 'default', host, name }] })

  test('have the points that were sampled, bare and by every name of the call', async () => {
    for (const path of ['/graphs/ad_hoc/', '/graphs', '/graph/ad_hoc']) {
      for (const granularity of ['minute', 'hour', 'day']) {
        const [graph] = await ask('mongodb.shop.objects', during(granularity), path)
        const [text] = host.split('.')
        assert.deepEqual([graph.text, graph['legend-item']], [text, { text }])
        assert.equal(graph.values.length, 1)
        const [[ms, value]] = graph.values
        assert.equal(ms % MINUTE, 0)
        assert.equal(value, 3)
      }
    }
  })

  test('of what stats_config names are known, and of anything else empty', async () => {
    const { stat_names } = await app.json<{ stat_names: string[] }>(
      'GET',
      '/instances/default/stats_config/',
    )
    for (const name of stat_names) {
      const [{ values }] = await ask(name)
      // What counts up has no rate yet.
      assert.equal(values.length, name.startsWith('mongodb.opcounters.') ? 0 : 1, name)
    }
    assert.deepEqual((await ask('mongodb.nothing'))[0].values, [])
  })

  test('go with their instance', async () => {
    const [instance] = app.control.instances.all()
    assert.equal((await app.control.metrics.hosts(instance)).length, 1)
    await app.data('DELETE', '/instances/default/')
    for (const { id } of await app.control.tasks.list({})) await app.control.tasks.finished(id)
    assert.deepEqual(await app.control.metrics.hosts(instance), [])
  })
})
