import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { HttpReceiver } from '../../packages/server/src/testing/http-receiver.js'
import type { MailServer } from '../../packages/server/src/testing/mail-server.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { publicClients } from '../support/public-clients.js'
import { openHttpReceiver, openMailServer } from '../support/receivers.js'

const SECRET = 'a secret of webhooks'

let receiver: HttpReceiver
let mail: MailServer
let folder: string
let gantry: GantryProcess

before(async () => {
  receiver = await openHttpReceiver()
  mail = await openMailServer()
  folder = mkdtempSync(join(tmpdir(), 'gantry-notifications-'))
  process.env.GANTRY_SMTP_URL = `smtp://user:password@127.0.0.1:${mail.port}`
  gantry = await start()
})
after(async () => {
  delete process.env.GANTRY_SMTP_URL
  await gantry?.stop()
  await receiver.close()
  await mail.close()
  rmSync(folder, { recursive: true })
})

function start(): Promise<GantryProcess> {
  const args = ['--alert-interval', '1', '--public-rate-limit', '0', '--public-url']
  return startGantry([...args, 'https://gantry.example.com'], folder)
}

async function call(method: string, path: string, body?: unknown) {
  const client = publicClients.at(-1)?.open()
  const url = `${gantry.url}/api/public/v1.0${path}`
  const reply = await client?.call(gantry.credentials(), method, url, body)
  assert.ok(reply && reply.status < 300, reply?.text)
  return JSON.parse(reply.text)
}

/** Where nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('a host that is down is told by mail and webhook, also by a server that was killed meanwhile', async () => {
  const group = await call('POST', '/groups', { name: 'shop', withDefaultAlertsSettings: false })
  const host = { hostname: '127.0.0.1', port: await deadPort() }
  await call('POST', `/groups/${group.id}/hosts`, host)
  receiver.answers = ['silent']
  const config = await call('POST', `/groups/${group.id}/alertConfigs`, {
    eventTypeName: 'HOST_DOWN',
    enabled: true,
    notifications: [
      { typeName: 'EMAIL', emailAddress: 'ops@example.com' },
      { typeName: 'GROUP', emailEnabled: true },
      { typeName: 'WEBHOOK', webhookUrl: `${receiver.url}/hook`, webhookSecret: SECRET },
    ],
  })
  assert.equal(config.notifications[2].webhookSecret, '****************ooks')
  await mail.until(2)
  await receiver.until(1)

  assert.deepEqual(mail.mails.map(({ to }) => to).sort(), [
    ['admin@localhost'],
    ['ops@example.com'],
  ])
  for (const { data } of mail.mails) {
    assert.match(data, /^Subject: \[GANTRY\] .*\(shop\)/m)
    assert.ok(data.includes(`127.0.0.1:${host.port}`), data)
  }
  // Until then it may be told twice.
  const alerts = `/groups/${group.id}/alerts`
  while (!(await call('GET', alerts)).results[0]?.lastNotified);
  gantry.signal('SIGKILL')
  assert.equal((await gantry.exit).signal, 'SIGKILL')
  receiver.answers = [{ status: 200 }]
  gantry = await start()
  await receiver.until(2)

  const [cut, { headers, body }] = receiver.received
  assert.equal(headers['x-gantry-delivery'], cut.headers['x-gantry-delivery'])
  assert.equal(headers['x-mms-event'], 'alert.open')
  assert.equal(body, cut.body)
  const signature = createHmac('sha1', SECRET).update(body).digest('base64')
  assert.equal(headers['x-mms-signature'], signature)
  const alert = JSON.parse(body)
  const { results } = await call('GET', alerts)
  assert.deepEqual([alert.id, alert.eventTypeName], [results[0].id, 'HOST_DOWN'])
  const self = `https://gantry.example.com/api/public/v1.0${alerts}/${alert.id}`
  assert.deepEqual(alert.links, [{ href: self, rel: 'self' }])
  assert.equal(mail.mails.length, 2)
})
