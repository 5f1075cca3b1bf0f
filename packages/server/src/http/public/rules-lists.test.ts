import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

interface Link {
  readonly rel: string
  readonly href: string
}

describe('the Public API: links and lists', () => {
  let app: PublicApp
  let path: string
  before(async () => {
    app = await openPublicApp()
    const body = { name: 'lists' }
    const group = (await app.call('POST', '/groups', { body, status: 201 })).json
    path = `/groups/${group.id}/apiKeys`
    for (let i = 1; i <= 57; i++) {
      const body = { desc: `key ${i}`, roles: ['GROUP_READ_ONLY'] }
      await app.call('POST', path, { body, status: 201 })
    }
  })
  after(() => app.close())

  async function page(query: string) {
    const { links, results, totalCount } = await app.get(`${path}${query}`)
    const hrefs = links.map(({ rel, href }: Link) => [
      rel,
      href.slice(app.base.length + path.length),
    ])
    const names = results.map(({ desc }: { desc: string }) => Number(desc.slice(4)))
    return { links: Object.fromEntries(hrefs), names, totalCount }
  }
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i)

  test('R26 R27 an entity has a link to itself, absolute, and in a list no other', async () => {
    const { results } = await app.get('/groups')
    for (const { id, links } of results) {
      assert.deepEqual(links, [{ href: `${app.base}/groups/${id}`, rel: 'self' }])
      const entity = await app.get(`/groups/${id}?pretty=true`)
      assert.deepEqual(entity.links[0], links[0])
      for (const { rel, href } of entity.links.slice(1)) {
        assert.match(rel, /^http:\/\/mms\.mongodb\.com\/\w+$/)
        assert.ok(href.startsWith(`${app.base}/`))
      }
    }
  })

  test('R27 links begin with the public URL if there is one', async () => {
    const other = await openPublicApp({ publicUrl: 'https://mgr.example.com/gantry/' })
    try {
      const { links } = await other.get('/groups')
      assert.equal(
        links[0].href,
        'https://mgr.example.com/gantry/api/public/v1.0/groups?pageNum=1&itemsPerPage=100',
      )
    } finally {
      await other.close()
    }
  })

  test('L1 a page in the middle', async () => {
    assert.deepEqual(await page('?pageNum=2&itemsPerPage=10'), {
      links: {
        self: '?pageNum=2&itemsPerPage=10',
        previous: '?itemsPerPage=10&pageNum=1',
        next: '?itemsPerPage=10&pageNum=3',
      },
      names: numbers(11, 20),
      totalCount: 57,
    })
  })

  test('L2 the last page', async () => {
    const { links, names } = await page('?pageNum=6&itemsPerPage=10')
    assert.deepEqual(names, numbers(51, 57))
    assert.deepEqual(Object.keys(links), ['self', 'previous'])
  })

  test('L3 the defaults stand in self', async () => {
    const { links, names } = await page('')
    assert.deepEqual(links, { self: '?pageNum=1&itemsPerPage=100' })
    assert.deepEqual(names, numbers(1, 57))
    const { totalCount } = await page('?includeCount=false')
    assert.equal(totalCount, undefined)
  })

  test('L4 nothing is an empty list', async () => {
    const alerts = `${path.slice(0, path.lastIndexOf('/'))}/alerts`
    for (const empty of ['/groups?name=nobody%20has%20this', alerts]) {
      const { results, totalCount } = await app.get(empty)
      assert.deepEqual([results, totalCount], [[], 0], empty)
    }
    const none = await app.get(alerts)
    assert.deepEqual(
      none.links.map(({ rel }: Link) => rel),
      ['self'],
    )
  })

  test('L5 a list below something that is not there is 404', async () => {
    for (const list of ['hosts', 'users', 'alerts']) {
      const { status, json } = await app.call('GET', `/groups/5c8100bcf2a30b12ff880000/${list}`)
      assert.equal(status, 404)
      assert.equal(json.errorCode, 'GROUP_NOT_FOUND')
    }
  })

  test('L6 a page beyond the end is empty', async () => {
    const { links, names, totalCount } = await page('?pageNum=99')
    assert.deepEqual(names, [])
    assert.equal(totalCount, 57)
    assert.deepEqual(links, {
      self: '?pageNum=99&itemsPerPage=100',
      previous: '?itemsPerPage=100&pageNum=98',
    })
  })

  test('L7 numbers that are none are refused', async () => {
    for (const [name, values] of Object.entries({
      pageNum: ['0', '-1', 'x', '1.5', ''],
      itemsPerPage: ['0', '501', '1e2'],
      includeCount: ['maybe'],
    })) {
      for (const value of values) {
        const { status, json } = await app.call('GET', `${path}?${name}=${value}`)
        assert.equal(status, 400, `${name}=${value}`)
        assert.equal(json.errorCode, 'INVALID_QUERY_PARAMETER')
        assert.deepEqual(json.parameters, [name])
      }
    }
    assert.equal((await page('?itemsPerPage=500')).names.length, 57)
  })

  test('L8 other parameters stay, in front', async () => {
    const { links } = await page('?itemsPerPage=50&x=a%20b&pretty=true&pageNum=1')
    assert.deepEqual(links, {
      self: '?x=a%20b&pretty=true&pageNum=1&itemsPerPage=50',
      next: '?x=a%20b&pretty=true&itemsPerPage=50&pageNum=2',
    })
  })
})
