import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeDocument, encodeDocument } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Project } from '../projects/project.js'
import {
  checkNotifications,
  type GivenNotification,
  type NotificationContext,
} from './check-notifications.js'
import { type Notification, readNotification, writeNotification } from './notification.js'
import { presentNotification } from './present-notification.js'

const project: Project = {
  id: '1'.repeat(24),
  name: 'p',
  org: '2'.repeat(24),
  tags: [],
  createdMs: 0,
}
const TEAM = '3'.repeat(24)

/** Sealing that can be looked through, and gives other bytes each time. */
let seals = 0
const secrets = {
  seal: (text: string, purpose: string) => Buffer.from(`${purpose}|${seals++}|${text}`),
  open: (sealed: Buffer, purpose: string) => {
    const [sealedFor, , text] = sealed.toString().split('|')
    assert.equal(sealedFor, purpose)
    return text
  },
}
const context: NotificationContext = {
  secrets,
  findUser: async (name) =>
    name === 'a@example.com' ? 'member' : name === 'b@example.com' ? 'elsewhere' : 'absent',
  hasTeam: (id) => id === TEAM,
}
const check = (given: readonly GivenNotification[], before?: readonly Notification[]) =>
  checkNotifications(context, project, given, before)

const email = { typeName: 'EMAIL', emailAddress: 'ops@example.com' } as const
const slack = { typeName: 'SLACK', apiToken: 'xoxb-12345678', channelName: 'ops' } as const
const webhook = {
  typeName: 'WEBHOOK',
  webhookUrl: 'https://hooks.example.com/a?b=c',
  webhookSecret: 'very-secret',
} as const

describe('notifications of an alert configuration', () => {
  const mistakes: [string, string, GivenNotification[], ...string[]][] = [
    ['none', 'MISSING_NOTIFICATIONS', []],
    ['too many', 'INVALID_JSON_ATTRIBUTE', new Array(101).fill(email), 'notifications'],
    ['SMS', 'UNSUPPORTED_NOTIFICATION_TYPE', [{ typeName: 'SMS', mobileNumber: '1' }], 'SMS'],
    [
      'a type that is not delivered',
      'UNSUPPORTED_NOTIFICATION_TYPE',
      [{ typeName: 'SNMP' }],
      'SNMP',
    ],
    [
      'SMS to a group',
      'UNSUPPORTED_NOTIFICATION_TYPE',
      [{ typeName: 'GROUP', emailEnabled: true, smsEnabled: true }],
      'SMS',
    ],
    [
      'two groups',
      'TOO_MANY_GROUP_NOTIFICATIONS',
      [
        { typeName: 'GROUP', emailEnabled: true },
        { typeName: 'GROUP', emailEnabled: true },
      ],
    ],
    ['a short interval', 'NOTIFICATION_INTERVAL_OUT_OF_RANGE', [{ ...email, intervalMin: 4 }], '4'],
    ['no interval', 'NOTIFICATION_INTERVAL_OUT_OF_RANGE', [{ ...email, intervalMin: 0 }], '0'],
    ['a group by nothing', 'EMAIL_OR_SMS_REQUIRED_FOR_GROUP_NOTIFICATION', [{ typeName: 'GROUP' }]],
    [
      'an organisation by nothing',
      'EMAIL_OR_SMS_REQUIRED_FOR_GROUP_NOTIFICATION',
      [{ typeName: 'ORG', emailEnabled: false }],
    ],
    [
      'a user by nothing',
      'EMAIL_OR_SMS_REQUIRED_FOR_USER_NOTIFICATION',
      [{ typeName: 'USER', username: 'a@example.com', emailEnabled: false }],
    ],
    [
      'an unknown user',
      'BAD_USERNAME_REF',
      [{ typeName: 'USER', username: 'c@example.com', emailEnabled: true }],
      'c@example.com',
    ],
    [
      'a user who is no member',
      'BAD_USERNAME_IN_GROUP_REF',
      [{ typeName: 'USER', username: 'b@example.com', emailEnabled: true }],
      'b@example.com',
    ],
    ['an unknown team', 'TEAM_NOT_FOUND', [{ typeName: 'TEAM', teamId: '4' }], '4'],
    ['no URL', 'WEBHOOK_URL_NOT_SET', [{ typeName: 'WEBHOOK', webhookUrl: '' }]],
    [
      'a URL of something else',
      'INVALID_JSON_ATTRIBUTE',
      [email, { typeName: 'WEBHOOK', webhookUrl: 'file:///etc/passwd' }],
      'notifications[1].webhookUrl',
    ],
    [
      'a URL with a password',
      'INVALID_JSON_ATTRIBUTE',
      [{ typeName: 'WEBHOOK', webhookUrl: 'http://a:b@hooks.example.com/' }],
      'notifications[0].webhookUrl',
    ],
    ['no address', 'MISSING_ATTRIBUTE', [{ typeName: 'EMAIL' }], 'notifications[0].emailAddress'],
    [
      'no channel',
      'MISSING_ATTRIBUTE',
      [{ typeName: 'SLACK', apiToken: 'x' }],
      'notifications[0].channelName',
    ],
    [
      "another type's field",
      'INVALID_ATTRIBUTE',
      [{ ...email, serviceKey: 'x' }],
      'notifications[0].serviceKey',
    ],
    [
      'a role of something else',
      'INVALID_ROLE_FOR_GROUP',
      [{ typeName: 'GROUP', emailEnabled: true, roles: ['ORG_OWNER'] }],
      'ORG_OWNER',
    ],
    [
      'a role of a project',
      'INVALID_ROLE_FOR_ORG',
      [{ typeName: 'ORG', roles: ['GROUP_OWNER'] }],
      'GROUP_OWNER',
    ],
    [
      'an id of no entry',
      'ATTRIBUTE_READ_ONLY',
      [{ ...email, notifierId: '5'.repeat(24) }],
      'notifications[0].notifierId',
    ],
    [
      'stars for nothing',
      'INVALID_JSON_ATTRIBUTE',
      [{ ...slack, apiToken: '*********5678' }],
      'notifications[0].apiToken',
    ],
  ]
  for (const [what, code, given, ...parameters] of mistakes) {
    test(`${what}: ${code}`, async () => {
      await assert.rejects(check(given), (error: AppError) => {
        assert.ok(error instanceof AppError)
        assert.deepEqual([error.details.reason, error.details.parameters], [code, parameters])
        return true
      })
    })
  }

  const addresses = ['a', 'a@b@c', 'a b@c', 'a@b,c@d', '<a@b>', 'a@b\r\nBcc: c@d', 'a@b\n', '"a"@b']
  for (const emailAddress of addresses) {
    test(`${JSON.stringify(emailAddress)} is no e-mail address`, async () => {
      await assert.rejects(check([{ ...email, emailAddress }]), {
        details: { reason: 'INVALID_EMAIL_ADDRESS', parameters: [emailAddress] },
      })
    })
  }

  test('what is not said has a default; fields that are empty are not given', async () => {
    const given = [
      { ...email, emailEnabled: false, username: '', roles: [] },
      { typeName: 'TEAM', teamId: TEAM } as const,
      { typeName: 'GROUP', emailEnabled: true, smsEnabled: false, roles: ['GROUP_OWNER'] } as const,
    ]
    const shown = (await check(given)).map((entry) => presentNotification(secrets, entry))
    for (const { notifierId } of shown) assert.match(String(notifierId), /^[0-9a-f]{24}$/)
    const always = { delayMin: 0, intervalMin: 60, teamName: undefined }
    const users = { ...always, emailEnabled: true, smsEnabled: false }
    assert.deepEqual(
      shown.map(({ notifierId: _id, ...rest }) => rest),
      [
        { ...always, ...email },
        { ...users, typeName: 'TEAM', teamId: TEAM },
        { ...users, typeName: 'GROUP', roles: ['GROUP_OWNER'] },
      ],
    )
  })

  test('the state keeps all of it', async () => {
    const user = { typeName: 'USER', username: 'a@example.com', emailEnabled: true } as const
    const team = { typeName: 'TEAM', teamId: TEAM, delayMin: 3, intervalMin: 5 } as const
    const pager = { typeName: 'PAGER_DUTY', serviceKey: 'R0UT1NG' } as const
    for (const entry of await check([email, slack, webhook, user, team, pager])) {
      const stored = decodeDocument(encodeDocument(writeNotification(entry)))
      assert.deepEqual(readNotification(stored), entry)
    }
  })
})

describe('secrets of notifications', () => {
  const open = (entry: Notification) =>
    Object.fromEntries(
      Object.entries(entry.sealed).map(([name, bytes]) => [
        name,
        secrets.open(bytes, 'notification'),
      ]),
    )
  const shown = (entries: readonly Notification[]) =>
    entries.map(
      (entry) => presentNotification(secrets, entry) as unknown as Required<GivenNotification>,
    )

  test('are shown by their last four characters, short ones not at all', async () => {
    const [first, second] = shown(await check([slack, { ...webhook, webhookSecret: 'abcd' }]))
    assert.equal(first.apiToken, '*********5678')
    assert.equal(second.webhookSecret, '****')
    assert.equal(second.webhookUrl, webhook.webhookUrl)
  })

  test('that come back as they were shown are unchanged, in any order and with ids or without', async () => {
    const before = await check([slack, webhook, { ...webhook, webhookSecret: 'other-secret' }])
    const [first, second, third] = shown(before)
    const same = await check([first, second, third], before)
    assert.deepEqual(same, before)
    const turned = await check([third, first], before)
    assert.deepEqual(turned, [before[2], before[0]])
    const { notifierId: _first, ...bare } = third
    const [moved] = await check([bare as GivenNotification], before)
    assert.deepEqual(open(moved), { webhookSecret: 'other-secret' })
  })

  test('that are new replace the old ones, and keep their entry', async () => {
    const before = await check([slack])
    const { id } = before[0]
    const [changed] = await check([{ ...shown(before)[0], apiToken: 'xoxb-new-one' }], before)
    assert.deepEqual([changed.id, open(changed)], [id, { apiToken: 'xoxb-new-one' }])
    const [byPlace] = await check([{ ...slack, channelName: 'dev' }], before)
    assert.deepEqual([byPlace.id, byPlace.channelName], [id, 'dev'])
  })

  test('no two entries replace the same one', async () => {
    const before = await check([slack, slack])
    const [first, second] = before.map(({ id }) => id)
    const [one, two] = await check([{ ...slack, notifierId: second }, slack], before)
    assert.deepEqual([one.id, [first, second].includes(two.id)], [second, false])
    const twice = { ...slack, notifierId: first }
    await assert.rejects(check([twice, twice], before), {
      details: { reason: 'ATTRIBUTE_READ_ONLY', parameters: ['notifications[1].notifierId'] },
    })
  })
})
