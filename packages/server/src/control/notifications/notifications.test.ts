import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { EventType } from '@gantry/api'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { type HttpReceiver, openHttpReceiver } from '../../testing/http-receiver.js'
import { type MailServer, openMailServer } from '../../testing/mail-server.js'
import type { EventFacts } from '../events/event.js'
import type { Member } from '../members/member.js'
import type { Project } from '../projects/project.js'
import type { RoleAssignment } from '../roles/roles.js'
import { openSecrets, type Secrets } from '../secrets.js'
import { type State, stateIn } from '../state.js'
import type { GivenNotification } from './check-notifications.js'
import type { DeliverySettings } from './delivering.js'
import { deliveryTable } from './delivery.js'
import type { AlertMessage } from './message.js'
import { type Notifications, openNotifications } from './notifications.js'

const ORG = '2'.repeat(24)
const project: Project = { id: '1'.repeat(24), name: 'shop', org: ORG, tags: [], createdMs: 0 }
const neighbour: Project = { ...project, id: '3'.repeat(24), name: 'other' }
const TEAM = '4'.repeat(24)
const START_MS = Date.UTC(2026, 0, 5, 12)
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const people: { readonly [name: string]: readonly RoleAssignment[] } = {
  ada: [{ roleName: 'GROUP_OWNER', groupId: project.id }],
  bob: [{ roleName: 'GROUP_READ_ONLY', groupId: project.id }],
  cleo: [{ roleName: 'ORG_OWNER', orgId: ORG }],
  dora: [{ roleName: 'GLOBAL_OWNER' }],
  eve: [{ roleName: 'GROUP_READ_ONLY', groupId: neighbour.id }],
  fred: [{ roleName: 'GROUP_OWNER', groupId: '9'.repeat(24) }],
}
const addressOf = (name: string) => `${name}@example.com`
const members: Member[] = Object.entries(people).map(([name, roles]) => ({
  id: name,
  createdMs: 0,
  username: addressOf(name),
  emailAddress: addressOf(name),
  firstName: name,
  lastName: '',
  teamIds: [],
  roles,
}))

const open: AlertMessage = {
  kind: 'OPEN',
  alert: {
    status: 'OPEN',
    id: 'a'.repeat(24),
    alertConfigId: 'c'.repeat(24),
    created: new Date(START_MS + 123),
    currentValue: { units: 'RAW', number: 1.5 },
    hostnameAndPort: 'db1.example.com:27017',
    resolved: undefined,
  },
  subject: 'Host is down: db1.example.com:27017',
  text: 'It has not answered for 3 minutes.\nSince <12:00> & so on.',
}

describe('notifications', () => {
  let folder: string
  let state: State
  let secrets: Secrets
  let receiver: HttpReceiver
  let mail: MailServer
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-notifications-'))
    state = stateIn(await openEmbedded(join(folder, 'state')))
    secrets = await openSecrets(join(folder, 'secret.key'), true)
  })
  after(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  const clock = { now: START_MS }
  const events: { type: string; facts: Record<string, unknown> }[] = []
  const logged: string[] = []
  const opened: Notifications[] = []
  beforeEach(async () => {
    receiver = await openHttpReceiver()
    mail = await openMailServer()
    clock.now = START_MS
    events.length = 0
    logged.length = 0
  })
  afterEach(async () => {
    for (const notifications of opened.splice(0)) await notifications.stop()
    await receiver.close()
    await mail.close()
    await state.deleteAll(deliveryTable, {})
  })

  interface Options {
    readonly settings?: Partial<DeliverySettings>
    readonly server?: string
    readonly isOwners?: boolean
  }

  async function openWith({ settings, server = 'one', isOwners = true }: Options = {}) {
    const say = (fields: object, message: string) => {
      logged.push(`${JSON.stringify(fields)} ${message}`)
    }
    const notifications = await openNotifications({
      state,
      secrets,
      server,
      log: { info: say, warn: say, error: say },
      events: {
        async record(type: EventType, facts: EventFacts) {
          events.push({ type, facts })
          return { id: '', eventTypeName: type, createdMs: 0, facts }
        },
      },
      members: {
        all: async () => members,
        byUsername: async (name) => members.find(({ username }) => username === name),
        rolesOf: (id) => people[id] ?? [],
      },
      projects: { all: () => [project, neighbour] },
      teams: {
        get: (id) =>
          id === TEAM ? { org: ORG, name: 'night', users: ['bob', 'fred'] } : undefined,
      },
      settings: {
        smtpUrl: `smtp://user:pass%20word@127.0.0.1:${mail.port}`,
        mailFrom: 'Gantry <gantry@example.com>',
        webhookTargets: 'owners',
        slackUrl: `${receiver.url}/slack`,
        pagerDutyUrl: `${receiver.url}/pager-duty`,
        ...settings,
      },
      isOwners: () => isOwners,
      now: () => clock.now,
    })
    opened.push(notifications)
    return notifications
  }

  /** Sends without delivering. */
  async function send(
    notifications: Notifications,
    given: GivenNotification,
    message: AlertMessage = open,
  ) {
    const [notification] = await notifications.check(project, [given])
    await notifications.send({ project, notification, message })
    return notification
  }
  const webhook = (path = '/hook'): GivenNotification => ({
    typeName: 'WEBHOOK',
    webhookUrl: `${receiver.url}${path}`,
    webhookSecret: 'hush-hush',
  })
  const waiting = () => state.list(deliveryTable)
  const lines = (data: string) => data.replace(/=\r\n/g, '').split('\r\n')

  describe('by mail', () => {
    test('one mail to each address, in text and HTML, with nothing in it that could be a header', async () => {
      const notifications = await openWith()
      notifications.start('https://gantry.example.com/')
      await send(
        notifications,
        { typeName: 'EMAIL', emailAddress: 'ops@example.com' },
        {
          ...open,
          subject: 'Host is down\r\nBcc: all@example.com',
        },
      )
      await notifications.work()
      const [{ from, to, login, data }] = mail.mails
      assert.deepEqual([from, to], ['gantry@example.com', ['ops@example.com']])
      assert.equal(login, '\0user\0pass word')
      const subject = '[GANTRY] Host is down Bcc: all@example.com (shop)'
      const header = lines(data.slice(0, data.indexOf('\r\n\r\n')))
      assert.ok(header.includes(`Subject: ${subject}`), data)
      assert.ok(header.includes('From: Gantry <gantry@example.com>'), data)
      assert.ok(header.includes('To: ops@example.com'), data)
      assert.ok(!header.some((line) => /^bcc/i.test(line)), data)
      const id = header.find((line) => line.startsWith('X-Gantry-Delivery: '))?.slice(19)
      assert.match(id ?? '', /^[0-9a-f]{24}$/)
      assert.ok(header.includes(`Message-ID: <${id}@example.com>`), data)
      assert.ok(lines(data).includes('Since <12:00> & so on.'), data)
      const html = lines(data).join('\n')
      assert.ok(html.includes('<p>Since &#60;12:00&#62; &#38; so on.</p>'), data)
      assert.deepEqual(await waiting(), [])
    })

    const told: [string, GivenNotification, string[]][] = [
      ['members', { typeName: 'GROUP', emailEnabled: true }, ['ada', 'bob', 'cleo']],
      [
        'owners',
        { typeName: 'GROUP', emailEnabled: true, roles: ['GROUP_OWNER'] },
        ['ada', 'cleo'],
      ],
      ['the organization', { typeName: 'ORG' }, ['ada', 'bob', 'cleo', 'eve']],
      ['its owners', { typeName: 'ORG', roles: ['ORG_OWNER'] }, ['cleo']],
      ['a team', { typeName: 'TEAM', teamId: TEAM }, ['bob', 'fred']],
      [
        'those of a team with a role',
        { typeName: 'TEAM', teamId: TEAM, roles: ['GROUP_READ_ONLY'] },
        ['bob'],
      ],
      ['a user', { typeName: 'USER', username: addressOf('bob'), emailEnabled: true }, ['bob']],
    ]
    for (const [whom, given, names] of told) {
      test(`reaches ${whom}, each alone`, async () => {
        const notifications = await openWith()
        await send(notifications, given)
        await notifications.work()
        const recipients = mail.mails.map(({ to }) => to)
        assert.deepEqual(recipients.sort(), names.map((name) => [addressOf(name)]).sort())
        for (const { to, data } of mail.mails) {
          const others = names.map(addressOf).filter((address) => address !== to[0])
          assert.ok(!others.some((address) => data.includes(address)), data)
        }
      })
    }

    test('whom nobody is any more is an event', async () => {
      const notifications = await openWith()
      const given = { typeName: 'GROUP', emailEnabled: true, roles: ['GROUP_USER_ADMIN'] } as const
      await send(notifications, given)
      assert.deepEqual(
        events.map(({ type, facts }) => [type, facts.groupId, facts.alertId, facts.reason]),
        [
          [
            'ALERT_NOTIFICATION_FAILED',
            project.id,
            open.alert.id,
            'there is nobody any more whom it would reach',
          ],
        ],
      )
    })

    test('without an SMTP server it fails at once, and says what to do', async () => {
      const notifications = await openWith({ settings: { smtpUrl: undefined } })
      await send(notifications, { typeName: 'EMAIL', emailAddress: 'ops@example.com' })
      await notifications.work()
      const [{ type, facts }] = events
      assert.equal(type, 'ALERT_NOTIFICATION_FAILED')
      assert.equal(facts.emailAddress, 'ops@example.com')
      assert.match(String(facts.reason), /no SMTP server is configured.*smtp-url/)
      assert.match(logged.join('\n'), /is given up: no SMTP server/)
      assert.deepEqual(await waiting(), [])
    })

    test('a password is not said to a server without TLS that is to have it', async () => {
      const smtpUrl = `smtp://user:pass%20word@127.0.0.1:${mail.port}?requireTLS=true`
      const notifications = await openWith({ settings: { smtpUrl } })
      await send(notifications, { typeName: 'EMAIL', emailAddress: 'ops@example.com' })
      await notifications.work()
      assert.equal((await waiting())[0].attempts, 1)
      assert.ok(mail.commands.length > 0)
      assert.ok(!mail.commands.some((line) => line.startsWith('AUTH')), mail.commands.join('\n'))
    })

    test('a server that refuses the recipient is not asked again, one that is busy or does not know us is', async () => {
      const notifications = await openWith()
      const given = { typeName: 'EMAIL', emailAddress: 'gone@example.com' } as const
      mail.refusals.set('RCPT', '550 5.1.1 No such mailbox')
      await send(notifications, given)
      await notifications.work()
      assert.match(String(events[0].facts.reason), /No such mailbox/)
      assert.deepEqual(await waiting(), [])
      for (const [command, reply] of [
        ['RCPT', '451 4.7.1 Try again later'],
        ['AUTH', '535 5.7.8 Wrong password'],
      ]) {
        mail.refusals.clear()
        mail.refusals.set(command, reply)
        await send(notifications, given)
        await notifications.work()
        assert.equal((await waiting()).length, 1)
        mail.refusals.clear()
        clock.now += MINUTE_MS
        await notifications.work()
        assert.deepEqual(await waiting(), [])
      }
      assert.equal(mail.mails.length, 2)
      assert.equal(events.length, 1)
      assert.doesNotMatch(logged.join('\n'), /pass word/)
    })
  })

  describe('by HTTP', () => {
    test('a webhook gets the alert, signed, and what has become of it', async () => {
      const notifications = await openWith()
      notifications.start('https://gantry.example.com/')
      await send(notifications, webhook())
      await notifications.work()
      const [{ method, path, headers, body }] = receiver.received
      assert.deepEqual([method, path], ['POST', '/hook'])
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(headers['x-mms-event'], 'alert.open')
      const wanted = createHmac('sha1', 'hush-hush').update(body).digest('base64')
      assert.equal(headers['x-mms-signature'], wanted)
      assert.match(String(headers['x-gantry-delivery']), /^[0-9a-f]{24}$/)
      const self = `https://gantry.example.com/api/public/v1.0/groups/${project.id}/alerts/${open.alert.id}`
      assert.equal(
        body,
        JSON.stringify({
          alertConfigId: open.alert.alertConfigId,
          created: '2026-01-05T12:00:00Z',
          currentValue: { number: 1.5, units: 'RAW' },
          hostnameAndPort: 'db1.example.com:27017',
          id: open.alert.id,
          links: [{ href: self, rel: 'self' }],
          status: 'OPEN',
        }),
      )
    })

    test('without a secret there is no signature', async () => {
      const notifications = await openWith()
      await send(notifications, { typeName: 'WEBHOOK', webhookUrl: receiver.url })
      await notifications.work()
      assert.equal('x-mms-signature' in receiver.received[0].headers, false)
    })

    const kinds = [
      ['OPEN', 'alert.open', 'trigger'],
      ['UPDATED', 'alert.update', 'trigger'],
      ['ACKNOWLEDGED', 'alert.acknowledge', 'acknowledge'],
      ['CLOSED', 'alert.close', 'resolve'],
      ['CANCELLED', 'alert.cancel', 'resolve'],
      ['INFORMATION', 'alert.inform', 'trigger'],
    ] as const
    for (const [kind, event, action] of kinds) {
      test(`${kind} is ${event} for webhooks and ${action} for PagerDuty`, async () => {
        const notifications = await openWith()
        receiver.answers = [{ status: 202 }]
        await send(notifications, webhook(), { ...open, kind })
        await notifications.work()
        await send(
          notifications,
          { typeName: 'PAGER_DUTY', serviceKey: 'R0UT1NG' },
          { ...open, kind },
        )
        await notifications.work()
        const [hook, pager] = receiver.received
        assert.equal(hook.headers['x-mms-event'], event)
        const sent = JSON.parse(pager.body)
        assert.equal(pager.path, '/pager-duty')
        assert.equal(sent.event_action, action)
        assert.deepEqual([sent.routing_key, sent.dedup_key], ['R0UT1NG', open.alert.id])
        assert.equal(sent.payload.source, 'db1.example.com:27017')
        assert.match(sent.payload.summary, /Host is down/)
      })
    }

    test('Slack is told in its channel, and believed when it says no', async () => {
      const notifications = await openWith()
      const slack = { typeName: 'SLACK', apiToken: 'xoxb-1', channelName: 'ops' } as const
      receiver.answers = [{ status: 200, body: '{"ok":true}' }]
      await send(notifications, slack)
      await notifications.work()
      const [{ path, headers, body }] = receiver.received
      assert.deepEqual([path, headers.authorization], ['/slack', 'Bearer xoxb-1'])
      const { channel, text } = JSON.parse(body)
      assert.equal(channel, 'ops')
      assert.match(text, /Since &lt;12:00&gt; &amp; so on/)
      assert.deepEqual(await waiting(), [])
      receiver.answers = [{ status: 200, body: '{"ok":false,"error":"ratelimited"}' }]
      await send(notifications, slack)
      await notifications.work()
      assert.equal((await waiting()).length, 1)
      receiver.answers = [{ status: 200, body: '{"ok":false,"error":"channel_not_found"}' }]
      clock.now += MINUTE_MS
      await notifications.work()
      assert.deepEqual(await waiting(), [])
      assert.equal(events[0].facts.reason, 'Slack has not taken it: channel_not_found')
    })

    test('Microsoft Teams gets a card', async () => {
      const notifications = await openWith()
      const microsoftTeamsWebhookUrl = `${receiver.url}/teams?key=secret`
      await send(notifications, { typeName: 'MICROSOFT_TEAMS', microsoftTeamsWebhookUrl })
      await notifications.work()
      const [{ path, body }] = receiver.received
      assert.equal(path, '/teams?key=secret')
      const [{ content }] = JSON.parse(body).attachments
      assert.equal(content.body[0].text, '[GANTRY] Host is down: db1.example.com:27017 (shop)')
    })

    const refusals: [string, { status: number; headers?: Record<string, string> }, RegExp][] = [
      ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, /302, and redirects/],
      ['a request that is wrong', { status: 400 }, /status 400/],
      ['a receiver that has gone', { status: 410 }, /status 410/],
    ]
    for (const [what, answer, reason] of refusals) {
      test(`${what} is given up at once, and not followed`, async () => {
        const notifications = await openWith()
        receiver.answers = [answer]
        await send(notifications, webhook('/hook?token=s3cret'))
        await notifications.work()
        assert.equal(receiver.received.length, 1)
        assert.match(String(events[0].facts.reason), reason)
        assert.deepEqual(await waiting(), [])
        assert.doesNotMatch(JSON.stringify([events, logged]), /s3cret|hush-hush/)
      })
    }

    test('an answer without an end is not read to it', async () => {
      const notifications = await openWith()
      receiver.answers = [{ status: 200, body: 'x'.repeat(10_000_000) }]
      await send(notifications, webhook())
      await notifications.work()
      assert.deepEqual([await waiting(), events], [[], []])
    })
  })

  describe('that do not arrive', () => {
    test('are tried again at growing intervals, with the same id, until they do', async () => {
      const notifications = await openWith()
      receiver.answers = [{ status: 503 }]
      await send(notifications, webhook())
      await notifications.work()
      const pauses: number[] = []
      for (let attempt = 1; attempt < 6; attempt++) {
        const [{ dueMs }] = await waiting()
        pauses.push(dueMs - clock.now)
        clock.now = dueMs - 1
        await notifications.work()
        assert.equal(receiver.received.length, attempt, 'not before it is due')
        clock.now = dueMs
        await notifications.work()
        assert.equal(receiver.received.length, attempt + 1)
      }
      assert.deepEqual(pauses, [10_000, 20_000, 40_000, 80_000, 160_000])
      receiver.answers = [{ status: 200 }]
      clock.now += 60 * MINUTE_MS
      await notifications.work()
      assert.deepEqual([await waiting(), events], [[], []])
      const ids = receiver.received.map(({ headers }) => headers['x-gantry-delivery'])
      assert.equal(new Set(ids).size, 1)
    })

    test('wait as long as the receiver asks for, up to an hour', async () => {
      const notifications = await openWith()
      receiver.answers = [
        { status: 429, headers: { 'retry-after': '90' } },
        { status: 429, headers: { 'retry-after': '999999' } },
      ]
      await send(notifications, webhook())
      for (const pause of [90_000, 60 * MINUTE_MS]) {
        await notifications.work()
        const [{ dueMs }] = await waiting()
        assert.equal(dueMs - clock.now, pause)
        clock.now = dueMs
      }
    })

    test('are given up after a day, with an event that says why', async () => {
      const notifications = await openWith()
      receiver.answers = [{ status: 500 }]
      const notification = await send(notifications, webhook())
      let last = 0
      for (let [next] = await waiting(); next; [next] = await waiting()) {
        clock.now = Math.max(clock.now, next.dueMs)
        last = clock.now
        await notifications.work()
      }
      assert.ok(last - START_MS <= DAY_MS && last - START_MS > DAY_MS - 2 * 60 * MINUTE_MS)
      assert.ok(receiver.received.length > 20 && receiver.received.length < 50)
      assert.equal(events.length, 1)
      const { type, facts } = events[0]
      const host = receiver.url.slice('http://'.length)
      assert.deepEqual(
        [type, facts],
        [
          'ALERT_NOTIFICATION_FAILED',
          {
            groupId: project.id,
            alertId: open.alert.id,
            alertConfigId: open.alert.alertConfigId,
            notifierId: notification.id,
            notificationTypeName: 'WEBHOOK',
            reason: `${host} answered with status 500`,
          },
        ],
      )
    })

    test('hold up what comes behind them for the same receiver, and nothing else', async () => {
      const notifications = await openWith()
      const [notification] = await notifications.check(project, [webhook()])
      const tell = (message: AlertMessage) => notifications.send({ project, notification, message })
      receiver.answers = [{ status: 503 }, { status: 200 }]
      await tell(open)
      await notifications.work()
      await tell({ ...open, kind: 'UPDATED' })
      await tell({ ...open, kind: 'CLOSED' })
      await tell({ ...open, alert: { ...open.alert, id: 'b'.repeat(24) } })
      await notifications.work()
      const kinds = () => receiver.received.map(({ headers }) => headers['x-mms-event'])
      assert.deepEqual(kinds(), ['alert.open', 'alert.open'])
      clock.now += MINUTE_MS
      await notifications.work()
      // The reminder would have told nothing.
      assert.deepEqual(kinds().slice(2), ['alert.open', 'alert.close'])
      assert.deepEqual(await waiting(), [])
    })

    test('do not pile up without end', async () => {
      const notifications = await openWith()
      receiver.answers = [{ status: 503 }]
      const [notification] = await notifications.check(project, [webhook()])
      for (let i = 0; i <= 500; i++) {
        const alert = { ...open.alert, id: i.toString(16).padStart(24, '0') }
        await notifications.send({ project, notification, message: { ...open, alert } })
      }
      assert.equal((await waiting()).length, 500)
      assert.match(String(events[0].facts.reason), /500 notifications of the project wait/)
    })

    test('are forgotten with their project', async () => {
      const notifications = await openWith()
      await send(notifications, webhook())
      await notifications.forget(neighbour.id)
      assert.equal((await waiting()).length, 1)
      await notifications.forget(project.id)
      await notifications.work()
      assert.deepEqual([await waiting(), receiver.received], [[], []])
    })

    test('are sealed in the state', async () => {
      const notifications = await openWith()
      await send(notifications, webhook('/hook?token=s3cret'))
      const [{ sealed }] = await waiting()
      assert.doesNotMatch(sealed.toString('latin1'), /s3cret|hush-hush|Host is down/)
    })
  })

  test('of two servers that share a state one delivers each', async () => {
    const servers = [await openWith({ server: 'one' }), await openWith({ server: 'two' })]
    const [notification] = await servers[0].check(project, [webhook()])
    for (let i = 0; i < 20; i++) {
      const alert = { ...open.alert, id: i.toString(16).padStart(24, '0') }
      await servers[i % 2].send({ project, notification, message: { ...open, alert } })
    }
    await Promise.all(servers.map((server) => server.work()))
    const ids = receiver.received.map(({ body }) => JSON.parse(body).id)
    assert.equal(ids.length, 20)
    assert.equal(new Set(ids).size, 20)
  })

  test('a server that stops in the middle leaves it to the next, which need not wait', async () => {
    const first = await openWith()
    receiver.answers = ['silent', { status: 200 }]
    await send(first, webhook())
    const working = first.work()
    await receiver.until(1)
    await first.stop()
    await working
    const second = await openWith({ server: 'two' })
    await second.work()
    const [cut, whole] = receiver.received.map(({ headers }) => headers['x-gantry-delivery'])
    assert.deepEqual([cut, await waiting()], [whole, []])
    assert.deepEqual(events, [])
  })

  describe('to addresses that are not public', () => {
    const cases: [string, DeliverySettings['webhookTargets'], boolean, boolean][] = [
      ['of the owners, as is the default', 'owners', true, true],
      ['of others, as is the default', 'owners', false, false],
      ['of others when any may', 'any', false, true],
      ['of the owners when nobody may', 'public', true, false],
    ]
    for (const [whose, webhookTargets, isOwners, arrives] of cases) {
      for (const host of ['127.0.0.1', 'localhost']) {
        test(`${whose}: ${host} is ${arrives ? 'reached' : 'refused'}`, async () => {
          const notifications = await openWith({ settings: { webhookTargets }, isOwners })
          const { port } = new URL(receiver.url)
          const webhookUrl = `http://${host}:${port}/`
          await send(notifications, { typeName: 'WEBHOOK', webhookUrl })
          await notifications.work()
          assert.equal(receiver.received.length, arrives ? 1 : 0)
          assert.deepEqual(await waiting(), [])
          if (!arrives) assert.match(String(events[0].facts.reason), /webhook-targets/)
        })
      }
    }

    test('services that everybody uses are where the server says', async () => {
      const notifications = await openWith({
        settings: { webhookTargets: 'public' },
        isOwners: false,
      })
      await send(notifications, { typeName: 'PAGER_DUTY', serviceKey: 'R0UT1NG' })
      await notifications.work()
      assert.equal(receiver.received.length, 1)
    })
  })
})
