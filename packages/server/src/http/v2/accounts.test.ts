import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App } from '../../testing/v2-app.js'

const basic = (login: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`,
})

describe('tokens, accounts and plans of API v2', () => {
  let app: V2App
  before(async () => {
    app = await openV2App()
  })
  after(() => app.close())

  test('login and password give a token, whose text names it once', async () => {
    const { login, password, uid } = app.credentials
    const reply = await app.inject({ url: '/v2/tokens/', headers: basic(login, password) })
    const { data } = reply.json()
    assert.deepEqual(Object.keys(data), ['token', 'login', 'uid'])
    assert.equal(data.login, login)
    assert.equal(data.uid, uid)
    assert.equal(reply.payload.match(/token/g)?.length, 1)
    assert.equal(reply.headers['x-ratelimit-reset'], '-1')
  })

  const strangers: { name: string; headers: Record<string, string> }[] = [
    { name: 'nobody', headers: {} },
    { name: 'a wrong password', headers: basic('admin@localhost', 'wrong') },
    { name: 'a login that there is not', headers: basic('nobody@example.com', '') },
    { name: 'no login and password', headers: { authorization: 'Basic ====' } },
    { name: 'another scheme', headers: { authorization: 'Bearer x' } },
  ]
  for (const { name, headers } of strangers) {
    test(`${name} is 401`, async () => {
      const reply = await app.inject({ url: '/v2/tokens/', headers })
      assert.equal(reply.statusCode, 401)
      assert.deepEqual(Object.keys(reply.json()), ['message'])
    })
  }

  test('elsewhere only a token counts', async () => {
    const { login, password } = app.credentials
    for (const headers of [{}, basic(login, password), { 'x-auth-token': 'a.b.c' }]) {
      const reply = await app.inject({ url: '/v2/plans/', headers })
      assert.equal(reply.statusCode, 401, reply.payload)
    }
  })

  test('the account is the own one, with all its fields', async () => {
    const account = await app.data<Record<string, unknown>>('GET', `/accounts/${app.uid}/`)
    const { creation_date, ...rest } = account
    assert.equal(typeof (creation_date as { $date: unknown }).$date, 'number')
    assert.deepEqual(rest, {
      id: app.uid,
      login: 'admin@localhost',
      email: 'admin@localhost',
      name: 'Administrator',
      company: '',
      phone: '',
      zipcode: '',
      active: true,
      migrated: false,
      add_instance_enabled: true,
      has_casters_access: false,
      accepted_msa: 1,
      settings: { stats_enabled: true },
    })
    assert.deepEqual(await app.data('POST', '/tokens/verify/', { token: app.token }), account)
    await app.json('GET', `/accounts/${'0'.repeat(24)}/`, undefined, 404)
  })

  test('how to be contacted is kept, a card is not', async () => {
    const path = `/accounts/${app.uid}`
    assert.equal(await app.data('POST', `${path}/contact/`, { phone: '1', n: [1.5] }), 'Success')
    assert.equal((await app.control.accounts.byId(app.uid))?.contact, '{"phone":"1","n":[1.5]}')
    assert.equal(await app.data('POST', `${path}/set_card/`, { number: '4111' }), 'Success')
    const kept = JSON.stringify(await app.control.accounts.byId(app.uid))
    assert.doesNotMatch(kept, /4111/)
  })

  test('the administrator makes accounts, and nobody else', async () => {
    const body = { login: 'user@example.com', password: 'a:b', name: 'User', zipcode: '78701' }
    const made = await app.data<{ id: string; email: string }>('POST', '/accounts/', body)
    assert.equal(made.email, 'user@example.com')
    assert.doesNotMatch(JSON.stringify(made), /a:b|scrypt/)
    const user = await app.signIn('user@example.com', 'a:b')
    assert.deepEqual(await user.data('GET', `/accounts/${made.id}/`), made)
    await user.json('GET', '/accounts/', undefined, 403)
    await user.json('POST', '/accounts/', { login: 'x', password: 'y' }, 403)
    await user.json('GET', `/accounts/${app.uid}/`, undefined, 404)
    await user.json('POST', `/accounts/${app.uid}/contact/`, {}, 404)
    await app.json('POST', '/accounts/', body, 409)
    await app.json('POST', '/accounts/', { login: 'a:b', password: 'y' }, 400)
    const logins = (await app.data<{ login: string }[]>('GET', '/accounts/')).map((a) => a.login)
    assert.deepEqual(logins, ['admin@localhost', 'user@example.com'])
  })

  test('there are 59 plans', async () => {
    const plans = await app.data<{ id: string }[]>('GET', '/plans/')
    assert.equal(plans.length, 59)
    assert.equal(new Set(plans.map(({ id }) => id)).size, 59)
    assert.deepEqual(await app.data('GET', '/plans/559c3f86759d6306ed1e430d/'), {
      cost: 279900,
      id: '559c3f86759d6306ed1e430d',
      instance_type: 'elasticsearch',
      region: 'US',
      service_type: 'elasticsearch',
      size: '512',
    })
    await app.json('GET', '/plans/000000000000000000000000/', undefined, 404)
  })
})
