import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

describe('hosts and clusters of the Public API', () => {
  let app: PublicApp
  let at: string
  before(async () => {
    app = await openPublicApp()
    const [group] = (await app.get('/groups')).results
    at = `/groups/${group.id}`
    const [instance] = app.control.instances.all()
    await app.control.instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    const people = await app.control.instances.mongodb(instance)
    await people.insert('shop', 'people', { name: 'A' })
  })
  after(() => app.close())

  async function refused(method: string, path: string, body: object, status: number, code: string) {
    const reply = await app.call(method, at + path, { body })
    assert.equal(reply.status, status, reply.text)
    assert.equal(reply.json.errorCode, code)
  }

  test('an instance is a host and a cluster of the project of its account', async () => {
    const { results } = await app.get(`${at}/hosts`)
    assert.equal(results.length, 1)
    const [host] = results
    assert.equal(host.typeName, 'REPLICA_PRIMARY')
    assert.equal(host.replicaStateName, 'PRIMARY')
    assert.deepEqual([host.hostname, host.port], ['127.0.0.1', 27017])
    assert.match(host.id, /^[0-9a-f]{32}$/)
    assert.ok(host.version && host.lastDataSizeBytes > 0 && host.lastPing && host.systemInfo)
    assert.deepEqual((await app.get(`${at}/hosts/${host.id}`)).id, host.id)
    assert.deepEqual((await app.get(`${at}/hosts/byName/127.0.0.1:27017`)).id, host.id)
    const { results: clusters } = await app.get(`${at}/clusters`)
    assert.equal(clusters.length, 1)
    assert.equal(clusters[0].clusterName, 'default')
    assert.equal(clusters[0].typeName, 'REPLICA_SET')
    assert.equal(clusters[0].replicaSetName, host.replicaSetName)
    assert.equal(host.clusterId, clusters[0].id)
    assert.equal((await app.get(`${at}/hosts?clusterId=${host.clusterId}`)).totalCount, 1)
    assert.equal((await app.get(`${at}/hosts?clusterId=${'0'.repeat(24)}`)).totalCount, 0)
    const group = await app.get(at)
    assert.equal(group.hostCounts.primary, 1)
    assert.equal(group.replicaSetCount, 1)
    const [all] = (await app.get('/clusters')).results
    const [{ alertCount, availability, backupEnabled }] = all.clusters
    assert.deepEqual([alertCount, availability], [0, 'available'])
    assert.equal(typeof backupEnabled, 'boolean')
    await refused('PATCH', `/clusters/${host.clusterId}`, { clusterName: 'x' }, 400, 'NOT_SHARDED')
    await refused('GET', `/clusters/${'0'.repeat(24)}`, {}, 404, 'CLUSTER_NOT_FOUND')
    await refused('GET', '/clusters/xyz', {}, 404, 'INVALID_CLUSTER_ID')
  })

  test('its databases', async () => {
    const [{ id }] = (await app.get(`${at}/hosts`)).results
    const { results } = await app.get(`${at}/hosts/${id}/databases`)
    const names = results.map(({ databaseName }: { databaseName: string }) => databaseName)
    assert.ok(names.includes('shop'), String(names))
    assert.equal((await app.get(`${at}/hosts/${id}/databases/shop`)).databaseName, 'shop')
    await refused('GET', `/hosts/${id}/databases/nope`, {}, 404, 'DATABASE_NOT_FOUND')
    await refused('GET', '/hosts/nope', {}, 404, 'HOST_NOT_FOUND')
    await refused('GET', '/hosts/byName/nope:1', {}, 404, 'HOSTNAME_AND_PORT_NOT_FOUND')
    await refused('GET', '/hosts/byName/nope', {}, 400, 'INVALID_HOST_PORT')
  })

  test('what cannot be monitored is refused', async () => {
    const host = { hostname: 'db1.example.com', port: 27017 }
    for (const [body, code] of [
      [{ ...host, hostname: 'a b' }, 'INVALID_HOSTNAME'],
      [{ ...host, port: 0 }, 'INVALID_HOST_PORT'],
      [{ ...host, authMechanismName: 'NTLM' }, 'INVALID_AUTH_MECHANISM'],
      [{ ...host, username: 'u' }, 'MISSING_CREDENTIALS_FOR_AUTH_MECHANISM'],
      [
        { ...host, authMechanismName: 'NONE', username: 'u' },
        'CANNOT_SET_CREDENTIALS_FOR_AUTH_MECHANISM',
      ],
      [
        { ...host, authMechanismName: 'GSSAPI', username: 'u', password: 'p' },
        'CANNOT_SET_PASSWORD_FOR_AUTH_MECHANISM',
      ],
      [
        { ...host, authMechanismName: 'MONGODB_X509', username: 'u' },
        'AUTH_MECHANISM_REQUIRES_SSL',
      ],
    ] as const) {
      await refused('POST', '/hosts', body, 400, code)
    }
  })

  test('a process that is added is there until it is deleted; one that is there is changed', async () => {
    const body = { hostname: '127.0.0.1', port: 1, username: 'u', password: 'secret of u' }
    const made = await app.call('POST', `${at}/hosts`, { body })
    assert.equal(made.status, 201, made.text)
    const host = made.json
    assert.equal(host.typeName, 'NO_DATA')
    assert.equal(host.uptimeMsec, 0)
    assert.ok(!('lastPing' in host) && !made.text.includes('secret of u'))
    const again = await app.call('POST', `${at}/hosts`, { body: { ...body, alertsEnabled: false } })
    assert.equal(again.status, 200)
    assert.equal(again.json.alertsEnabled, false)
    assert.equal(again.json.id, host.id)
    const path = `/hosts/${host.id}`
    const zeros = { hostname: '', port: 0, logsEnabled: true }
    assert.equal((await app.call('PATCH', at + path, { body: zeros })).json.logsEnabled, true)
    await refused('PATCH', path, { port: 2 }, 400, 'ATTRIBUTE_READ_ONLY')
    const echoed = await app.get(at + path)
    await app.call('PATCH', at + path, { body: echoed, status: 200 })
    assert.equal((await app.call('DELETE', at + path)).text, '{}')
    await refused('GET', path, {}, 404, 'HOST_NOT_FOUND')
  })

  test("the host of an instance can be taken out and put back, but its credentials are not anybody's", async () => {
    const [host] = (await app.get(`${at}/hosts`)).results
    const path = `/hosts/${host.id}`
    await refused('PATCH', path, { username: 'u' }, 403, 'CANNOT_MODIFY_MANAGED_HOST')
    await app.call('DELETE', at + path, { status: 200 })
    assert.equal((await app.get(`${at}/hosts`)).totalCount, 0)
    const body = { hostname: '127.0.0.1', port: 27017 }
    const back = await app.call('POST', `${at}/hosts`, { body })
    assert.equal(back.status, 201, back.text)
    assert.equal(back.json.id, host.id)
    assert.equal(back.json.typeName, 'REPLICA_PRIMARY')
  })
})
