import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App } from '../../testing/v2-app.js'

interface Acl {
  readonly _id: { readonly $oid: string }
  readonly cidr_mask: string
}

describe('ACLs of API v2', () => {
  let app: V2App
  const acls = '/instances/default/acls/'
  before(async () => {
    app = await openV2App()
  })
  after(() => app.close())

  test('are made, found by id in any form, and deleted', async () => {
    const metadata = { n: 1.5, large: 9007199254740991, list: [null, { a: true }] }
    const body = { cidr_mask: '123.123.123.123', description: 'here', metadata }
    const acl = await app.data<Acl & Record<string, unknown>>('POST', acls, body)
    const { _id, date_created, instance_id, port, ...rest } = acl
    assert.match(_id.$oid, /^[0-9a-f]{24}$/)
    assert.deepEqual(rest, {
      _cls: 'Acl',
      cidr_mask: '123.123.123.123',
      description: 'here',
      instance: 'default',
      instance_type: 'mongodb_replica_set',
      login: 'admin@localhost',
      metadata,
      service_type: 'mongodb',
    })
    assert.equal(typeof port, 'number')
    assert.match(String(instance_id), /^[0-9a-f]{24}$/)
    assert.equal(typeof (date_created as { $date: unknown }).$date, 'number')
    assert.deepEqual(await app.data('GET', acls), [acl])
    for (const id of [_id.$oid, `%7B'$oid':%20'${_id.$oid}'%7D`]) {
      assert.deepEqual(await app.data('GET', `${acls}${id}/`), acl)
    }
    for (const id of ['0'.repeat(24), `${_id.$oid}0`, 'x', `${_id.$oid},${_id.$oid}`]) {
      await app.json('GET', `${acls}${id}/`, undefined, 404)
    }
    assert.deepEqual(await app.data('DELETE', `${acls}${_id.$oid}/`), {})
    await app.json('DELETE', `${acls}${_id.$oid}/`, undefined, 404)
    assert.deepEqual(await app.data('GET', acls), [])
  })

  test('a mask is one of IPv4, given once, and nothing unknown goes with it', async () => {
    for (const cidr_mask of ['', '1.2.3', '1.2.3.4/33', '::1', '1.2.3.4/', 'a.b.c.d']) {
      await app.json('POST', acls, { cidr_mask }, 400)
    }
    await app.json('POST', acls, { description: 'x' }, 400)
    const refusal = await app.json('POST', acls, { cidr_mask: '1.2.3.4', color: 'red' }, 400)
    assert.deepEqual(refusal, { message: 'unknown field: color' })
    const { description } = await app.data('POST', acls, { cidr_mask: '0.0.0.0/0' })
    assert.equal(description, '')
    await app.json('POST', acls, { cidr_mask: '0.0.0.0/0' }, 409)
    await app.json('POST', '/instances/none/acls/', { cidr_mask: '0.0.0.0/0' }, 404)
  })

  test('are the same as those of API v1', async () => {
    const { apiKey } = app.credentials
    const v1 = async (path: string, doc: unknown) => {
      const payload = new URLSearchParams({ api_key: apiKey, doc: JSON.stringify(doc) }).toString()
      return (await app.inject({ method: 'POST', url: path, payload })).json()
    }
    await v1('/acl/add', { cidr_mask: '10.1.0.0/16', description: 'office' })
    const [{ _id }] = (await app.data<Acl[]>('GET', acls)).filter(
      ({ cidr_mask }) => cidr_mask === '10.1.0.0/16',
    )
    await app.data('DELETE', `${acls}${_id.$oid}`)
    assert.equal((await v1('/acl/delete', { cidr_mask: '10.1.0.0/16' })).rc, 1)
  })

  test('which clouds they are kept in step with is kept', async () => {
    const path = '/instances/default/acl_sync'
    const none = { aws_acl_sync_enabled: false, rackspace_acl_sync_enabled: false }
    assert.deepEqual(await app.data('GET', path), none)
    const aws = { ...none, aws_acl_sync_enabled: true }
    assert.deepEqual(await app.data('PUT', path, { aws_acl_sync_enabled: true }), aws)
    assert.deepEqual(await app.data('PUT', path, {}), aws)
    assert.deepEqual(await app.data('GET', `${path}/`), aws)
    assert.deepEqual(await app.data('POST', path, { aws_acl_sync_enabled: true }), {
      aws_acl_sync_state: 'started',
      rackspace_acl_sync_state: 'unchanged',
    })
    await app.json('PUT', path, { aws_acl_sync_enabled: 'yes' }, 400)
    await app.json('POST', path, { aws_acl_sync_enabled: 1 }, 400)
  })
})
