import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { digestClient } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const REQUESTS = 10_000
const CLIENTS = 4

describe('lists of the Public API that change while they are read', () => {
  let app: PublicApp
  let project: string
  before(async () => {
    app = await openPublicApp()
    project = (await app.get('/groups')).results[0].id
  })
  after(() => app.close())

  /** Straight to the domain, as it is the reading that is tested. */
  const add = (description: string) =>
    app.control.keys.create({
      description,
      org: app.control.projects.get(project)?.org ?? '',
      account: '0'.repeat(24),
      roles: [{ roleName: 'GROUP_READ_ONLY', groupId: project }],
    })

  test('L8 in ten thousand requests no page overlaps another or skips what stood still', async () => {
    const still = new Set<string>()
    const moving: Awaited<ReturnType<typeof add>>['key'][] = []
    for (let i = 0; i < 60; i++) {
      const { key } = await add(`key ${i}`)
      if (i % 3 === 0) still.add(key.id)
      else moving.push(key)
    }
    let requests = 0
    let random = 1
    const next = () => {
      random = (random * 16_807) % 2_147_483_647
      return random
    }
    const churn = async () => {
      const gone = moving.splice(next() % moving.length, 1)[0]
      await app.control.keys.remove(gone)
      moving.push((await add('another')).key)
    }
    const walk = async (size: number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const call = digestClient(app.owner, agent)
      while (requests < REQUESTS) {
        const found: string[] = []
        let url: string | undefined = `${app.base}/groups/${project}/apiKeys?itemsPerPage=${size}`
        while (url) {
          requests++
          const reply = await call(url)
          assert.equal(reply.status, 200, reply.text)
          const { results, links } = reply.json
          found.push(...results.map(({ id }: { id: string }) => id))
          url = links.find(({ rel }: { rel: string }) => rel === 'next')?.href
          if (url && requests % 5 === 0) await churn()
        }
        assert.equal(new Set(found).size, found.length, 'something was listed twice')
        const missing = [...still].filter((id) => !found.includes(id))
        assert.deepEqual(missing, [], 'something that stood still was not listed')
      }
      agent.destroy()
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => walk(3 + 4 * i)))
    assert.ok(requests >= REQUESTS)
  })

  test('L8 a client that opens a connection for each call walks as well', async () => {
    const { key } = await add('first')
    const path = `/groups/${project}/apiKeys?itemsPerPage=1`
    const page = async (pageNum: number) => {
      const agent = new Agent({ keepAlive: false })
      const reply = await digestClient(app.owner, agent)(`${app.base}${path}&pageNum=${pageNum}`)
      return reply.json.results[0]?.id
    }
    const [one, two] = [await page(1), await page(2)]
    const gone = app.control.keys.get(one)
    assert.ok(gone && key && two)
    await app.control.keys.remove(gone)
    assert.notEqual(await page(3), two)
    const ids = app.control.keys.ofOrg(key.org ?? '').map(({ id }) => id)
    assert.equal(await page(3), ids[ids.indexOf(two) + 1])
  })
})
