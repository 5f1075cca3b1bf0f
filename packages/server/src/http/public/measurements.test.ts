import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'
import { readDuration } from './periods.js'

const MINUTE_MS = 60_000

describe('measurements of the Public API', () => {
  let app: PublicApp
  let at: string
  before(async () => {
    app = await openPublicApp()
    app.clock.now = Date.now()
    const [group] = (await app.get('/groups')).results
    const { instances, metrics } = app.control
    const [instance] = instances.all()
    await instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    const deployment = await instances.mongodb(instance)
    await deployment.insert('shop', 'people', { name: 'A' })
    await metrics.sample(instance)
    const [host] = (await app.get(`/groups/${group.id}/hosts`)).results
    at = `/groups/${group.id}/hosts/${host.id}`
  })
  after(() => app.close())

  async function refused(query: string, status: number, code: string) {
    const reply = await app.call('GET', `${at}/measurements?${query}`)
    assert.equal(reply.status, status, reply.text)
    assert.equal(reply.json.errorCode, code, query)
  }

  test('R17 points stand at the granularity, with gaps that are null, under the names asked for', async () => {
    const query = 'granularity=PT1M&period=PT10M&m=CONNECTIONS&m=OPCOUNTER_INSERT'
    const found = await app.get(`${at}/measurements?${query}`)
    assert.equal(found.processId, '127.0.0.1:27017')
    assert.equal(found.granularity, 'PT1M')
    assert.deepEqual(
      found.measurements.map(({ name, units }: { name: string; units: string }) => [name, units]),
      [
        ['CONNECTIONS', 'SCALAR'],
        ['OPCOUNTER_INSERT', 'SCALAR_PER_SECOND'],
      ],
    )
    const [{ dataPoints }] = found.measurements
    assert.ok(dataPoints.length >= 10 && dataPoints.length <= 11, String(dataPoints.length))
    for (const { timestamp } of dataPoints) assert.equal(Date.parse(timestamp) % MINUTE_MS, 0)
    assert.equal(dataPoints[0].value, null)
  })

  test('all that is known is there without m, of databases too', async () => {
    const names = (entity: { measurements: { name: string }[] }) =>
      entity.measurements.map(({ name }) => name)
    const query = 'granularity=PT10S&period=PT1M'
    const host = names(await app.get(`${at}/measurements?${query}`))
    assert.ok(host.includes('CONNECTIONS') && host.includes('DB_DATA_SIZE_TOTAL'), String(host))
    const database = await app.get(`${at}/databases/shop/measurements?${query}`)
    assert.equal(database.databaseName, 'shop')
    assert.ok(names(database).includes('DATABASE_OBJECT_COUNT'), String(names(database)))
  })

  test('a start and an end instead of a period', async () => {
    const query = 'granularity=PT1H&start=2026-01-01&end=2026-01-01T03:00:00 00:00&m=CONNECTIONS'
    const { start, end, links } = await app.get(`${at}/measurements?${encodeURI(query)}`)
    assert.deepEqual([start, end], ['2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z'])
    const again = await app.get(links[0].href.slice(app.base.length))
    assert.deepEqual([again.start, again.end], [start, end])
  })

  test('what makes no sense is refused', async () => {
    await refused('period=PT1H', 400, 'MISSING_QUERY_PARAMETER')
    await refused('granularity=PT1M', 400, 'MISSING_QUERY_PARAMETER')
    await refused('granularity=PT1M&start=2026-01-01', 400, 'MISSING_QUERY_PARAMETER')
    await refused('granularity=PT2M&period=PT1H', 400, 'INVALID_GRANULARITY')
    await refused('granularity=PT1M&period=1h', 400, 'INVALID_PERIOD')
    const both = 'granularity=PT1M&period=PT1H&start=2026-01-01'
    await refused(both, 400, 'MUTUALLY_EXCLUSIVE_QUERY_PARAMETERS')
    const backwards = 'granularity=PT1M&start=2026-01-02&end=2026-01-01'
    await refused(backwards, 400, 'INVALID_DATE_RANGE')
    await refused('granularity=PT10S&period=P2D', 400, 'INVALID_DATE_RANGE')
    await refused('granularity=PT1M&period=PT1H&m=NONSENSE', 404, 'INVALID_METRIC_NAME')
    await refused('granularity=PT1M&start=x&end=y', 400, 'INVALID_DATE_FORMAT')
  })

  test('durations', () => {
    for (const [text, ms] of [
      ['PT1M', 60_000],
      ['P1DT12H', 129_600_000],
      ['P1W', 604_800_000],
      ['PT0.5S', 500],
      ['P', undefined],
      ['PT', undefined],
      ['P1H', undefined],
      ['1D', undefined],
    ] as const) {
      assert.equal(readDuration(text), ms, text)
    }
  })
})
