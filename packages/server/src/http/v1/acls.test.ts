import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV1App, type V1App } from '../../testing/v1-app.js'

describe('ACLs over API v1', () => {
  let v1: V1App
  before(async () => {
    v1 = await openV1App()
  })
  after(() => v1.close())

  const list = () => v1.data<object[]>('/acl/get')

  test('are kept as they were given, until they are deleted', async () => {
    assert.deepEqual(await list(), [])
    const first = { cidr_mask: '5.6.7.8/24', description: 'Dev "server" é' }
    assert.equal(await v1.data('/acl/add', first), 'ACL added successfully')
    assert.equal(await v1.data('/acl/add', { cidr_mask: '1.2.3.4' }), 'ACL added successfully')
    const second = { cidr_mask: '1.2.3.4', description: '' }
    assert.deepEqual(await list(), [first, second])
    assert.equal(
      await v1.data('/acl/delete', { cidr_mask: '5.6.7.8/24' }),
      'ACL removed successfully',
    )
    assert.deepEqual(await list(), [second])
    await v1.data('/acl/delete', second)
    assert.deepEqual(await list(), [])
  })

  test('are there once each, also when added at the same time', async () => {
    const add = () => v1.call('/acl/add', '&doc={"cidr_mask":"9.9.9.9/32"}')
    const answers = await Promise.all([add(), add(), add()])
    assert.deepEqual(answers.map(({ rc, data }) => `${rc} ${data}`).sort(), [
      '0 ACL added successfully',
      '1 ACL already exists',
      '1 ACL already exists',
    ])
    assert.equal((await list()).length, 1)
    const remove = () => v1.call('/acl/delete', '&doc={"cidr_mask":"9.9.9.9/32"}')
    const removed = await Promise.all([remove(), remove()])
    assert.deepEqual(removed.map(({ data }) => data).sort(), [
      'ACL not found',
      'ACL removed successfully',
    ])
  })

  const wrong: [path: string, rest: string, text: string][] = [
    ['/acl/add', '', 'missing parameter: doc'],
    ['/acl/add', '&doc={}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":1}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":""}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3.4/33"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3.4/"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3.4/08"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3.256/8"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3/8"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":" 1.2.3.4"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"::1/128"}', 'invalid cidr_mask'],
    ['/acl/add', '&doc={"cidr_mask":"1.2.3.4","description":1}', 'invalid description'],
    ['/acl/delete', '', 'missing parameter: doc'],
    ['/acl/delete', '&doc={}', 'invalid cidr_mask'],
    ['/acl/delete', '&doc={"cidr_mask":"8.8.8.8"}', 'ACL not found'],
    ['/acl/delete', '&doc={"cidr_mask":"nothing"}', 'ACL not found'],
  ]
  for (const [path, rest, text] of wrong) {
    test(`${path} refuses ${rest.slice(5) || 'no doc'}`, async () => {
      assert.deepEqual(await v1.call(path, rest), { rc: 1, data: text, msg: text })
      assert.deepEqual(await list(), [])
    })
  }
})
