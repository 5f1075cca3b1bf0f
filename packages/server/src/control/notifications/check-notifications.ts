/** What may stand among the notifications of an alert configuration. */
import {
  type DeliveredNotification,
  deliveredNotifications,
  type notificationField,
  notificationSecrets,
  type ValueOf,
} from '@gantry/api'
import { ObjectId } from '@gantry/bson'
import type { Project } from '../projects/project.js'
import { refusal } from '../refusal.js'
import { isGroupRole, isOrgRole } from '../roles/roles.js'
import type { Secrets } from '../secrets.js'
import { isMailAddress } from './mail-address.js'
import { NOTIFICATION, type Notification, type NotificationSecret } from './notification.js'
import { isStarred, starred } from './starred.js'

/** An entry as a request gives it, its form checked. */
export type GivenNotification = ValueOf<typeof notificationField>

/** What is asked of those who know. */
export interface NotificationContext {
  readonly secrets: Pick<Secrets, 'seal' | 'open'>
  /** Whether there is a user of this name, and whether it is a member of the project. */
  findUser(username: string, project: Project): Promise<'absent' | 'elsewhere' | 'member'>
  /** Whether the organisation of the project has this team. */
  hasTeam(id: string, project: Project): boolean
}

/** So that one alert cannot write to half the world. */
const MOST_NOTIFICATIONS = 100
const LEAST_INTERVAL_MIN = 5
const DEFAULT_INTERVAL_MIN = 60

type FieldName = keyof GivenNotification

interface Form {
  readonly needs: readonly FieldName[]
  readonly takes: readonly FieldName[]
}

const common: readonly FieldName[] = ['typeName', 'delayMin', 'intervalMin', 'notifierId']
const flags: readonly FieldName[] = ['emailEnabled', 'smsEnabled']

/** Fields by type; those of another type are refused rather than kept for nothing. */
const forms: { readonly [type in DeliveredNotification]: Form } = {
  EMAIL: { needs: ['emailAddress'], takes: flags },
  GROUP: { needs: [], takes: [...flags, 'roles'] },
  ORG: { needs: [], takes: [...flags, 'roles'] },
  USER: { needs: ['username'], takes: [...flags, 'roles'] },
  TEAM: { needs: ['teamId'], takes: [...flags, 'roles'] },
  WEBHOOK: { needs: ['webhookUrl'], takes: ['webhookSecret'] },
  SLACK: { needs: ['apiToken', 'channelName'], takes: [] },
  PAGER_DUTY: { needs: ['serviceKey'], takes: [] },
  MICROSOFT_TEAMS: { needs: ['microsoftTeamsWebhookUrl'], takes: [] },
}

/**
 * Checks the notifications of an alert configuration and seals their secrets. `before` are
 * those that these replace: a starred secret among the new ones is that of the entry with the
 * same id or, without an id, in the same place. Throws the error code of the first mistake.
 */
export async function checkNotifications(
  context: NotificationContext,
  project: Project,
  given: readonly GivenNotification[],
  before: readonly Notification[] = [],
): Promise<Notification[]> {
  if (given.length === 0) throw refusal('MISSING_NOTIFICATIONS')
  if (given.length > MOST_NOTIFICATIONS) throw refusal('INVALID_JSON_ATTRIBUTE', 'notifications')
  for (const { typeName, smsEnabled } of given) {
    if (!isDelivered(typeName)) throw refusal('UNSUPPORTED_NOTIFICATION_TYPE', typeName)
    if (smsEnabled) throw refusal('UNSUPPORTED_NOTIFICATION_TYPE', 'SMS')
  }
  const groups = given.filter(({ typeName }) => typeName === 'GROUP')
  if (groups.length > 1) throw refusal('TOO_MANY_GROUP_NOTIFICATIONS')
  const replaced = replacedBy(given, before)
  const checked: Notification[] = []
  for (const [i, entry] of given.entries()) {
    const path = `notifications[${i}]`
    const known = replaced[i]
    checkForm(entry, path)
    checkValues(entry, path)
    await checkReferences(context, project, entry)
    checked.push({
      ...plain(entry),
      id: known?.id ?? new ObjectId().toHexString(),
      sealed: sealedOf(context.secrets, entry, [known, ...before], path),
    })
  }
  return checked
}

function isDelivered(typeName: string): typeName is DeliveredNotification {
  return (deliveredNotifications as readonly string[]).includes(typeName)
}

/** For each entry the one that it replaces, each of which is replaced once. */
function replacedBy(
  given: readonly GivenNotification[],
  before: readonly Notification[],
): (Notification | undefined)[] {
  const free = new Map(before.map((known) => [known.id, known]))
  const byId = given.map(({ notifierId }, i) => {
    if (!notifierId) return undefined
    const known = free.get(notifierId)
    if (!known) throw refusal('ATTRIBUTE_READ_ONLY', `notifications[${i}].notifierId`)
    free.delete(notifierId)
    return known
  })
  return given.map(({ typeName }, i) => {
    const there = before[i] && free.get(before[i].id)
    return byId[i] ?? (there?.typeName === typeName ? there : undefined)
  })
}

function isGiven(value: unknown): boolean {
  const isEmpty = value === '' || value === false || (Array.isArray(value) && value.length === 0)
  return value !== undefined && !isEmpty
}

function checkForm(entry: GivenNotification, path: string): void {
  const { needs, takes } = forms[entry.typeName as DeliveredNotification]
  for (const [name, value] of Object.entries(entry) as [FieldName, unknown][]) {
    const isOurs = common.includes(name) || needs.includes(name) || takes.includes(name)
    if (!isOurs && isGiven(value)) throw refusal('INVALID_ATTRIBUTE', `${path}.${name}`)
  }
  for (const name of needs) {
    if (isGiven(entry[name])) continue
    if (name === 'webhookUrl') throw refusal('WEBHOOK_URL_NOT_SET')
    throw refusal('MISSING_ATTRIBUTE', `${path}.${name}`)
  }
}

function checkValues(entry: GivenNotification, path: string): void {
  const { typeName, intervalMin, emailAddress, roles = [] } = entry
  if (intervalMin !== undefined && intervalMin < LEAST_INTERVAL_MIN) {
    throw refusal('NOTIFICATION_INTERVAL_OUT_OF_RANGE', String(intervalMin))
  }
  if (isGiven(emailAddress) && !isMailAddress(emailAddress as string)) {
    throw refusal('INVALID_EMAIL_ADDRESS', emailAddress as string)
  }
  if (reachesUsers(typeName) && !mailsUsers(entry)) {
    const whom = typeName === 'USER' ? 'USER' : 'GROUP'
    throw refusal(`EMAIL_OR_SMS_REQUIRED_FOR_${whom}_NOTIFICATION`)
  }
  for (const role of roles) {
    if (typeName === 'ORG' && !isOrgRole(role)) throw refusal('INVALID_ROLE_FOR_ORG', role)
    if (typeName !== 'ORG' && !isGroupRole(role)) throw refusal('INVALID_ROLE_FOR_GROUP', role)
  }
  for (const name of ['webhookUrl', 'microsoftTeamsWebhookUrl'] as const) {
    const url = entry[name]
    if (!url || (name !== 'webhookUrl' && isStarred(url))) continue
    if (!isHttpUrl(url)) throw refusal('INVALID_JSON_ATTRIBUTE', `${path}.${name}`)
  }
}

function reachesUsers(typeName: string): boolean {
  return ['GROUP', 'ORG', 'USER', 'TEAM'].includes(typeName)
}

/** Clients that know no other way leave this out for organisations and teams. */
function mailsUsers({ typeName, emailEnabled }: GivenNotification): boolean {
  return emailEnabled ?? (typeName === 'ORG' || typeName === 'TEAM')
}

/** A name and password would be in the way of a signature, and be shown. */
function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

async function checkReferences(
  { findUser, hasTeam }: NotificationContext,
  project: Project,
  { typeName, username = '', teamId = '' }: GivenNotification,
): Promise<void> {
  if (typeName === 'USER') {
    const found = await findUser(username, project)
    if (found === 'absent') throw refusal('BAD_USERNAME_REF', username)
    if (found === 'elsewhere') throw refusal('BAD_USERNAME_IN_GROUP_REF', username)
  }
  if (typeName === 'TEAM' && !hasTeam(teamId, project)) throw refusal('TEAM_NOT_FOUND', teamId)
}

function plain(entry: GivenNotification): Omit<Notification, 'id' | 'sealed'> {
  const { typeName, delayMin = 0, intervalMin = DEFAULT_INTERVAL_MIN, roles = [] } = entry
  const named = ['emailAddress', 'username', 'teamId', 'webhookUrl', 'channelName'] as const
  return {
    typeName: typeName as DeliveredNotification,
    delayMin,
    intervalMin,
    ...Object.fromEntries(named.flatMap((name) => (entry[name] ? [[name, entry[name]]] : []))),
    ...(reachesUsers(typeName) && { emailEnabled: true }),
    ...(roles.length > 0 && { roles }),
  }
}

function sealedOf(
  secrets: NotificationContext['secrets'],
  entry: GivenNotification,
  before: readonly (Notification | undefined)[],
  path: string,
): Notification['sealed'] {
  const sealed: { [name in NotificationSecret]?: Buffer } = {}
  for (const name of notificationSecrets) {
    const text = entry[name]
    if (!text) continue
    // Entries before it may have gone, so that without ids places are not what they were.
    const same = before
      .filter((known) => known?.typeName === entry.typeName)
      .map((known) => known?.sealed[name])
      .find((bytes) => bytes && starred(secrets.open(bytes, NOTIFICATION)) === text)
    if (isStarred(text) && !same) throw refusal('INVALID_JSON_ATTRIBUTE', `${path}.${name}`)
    sealed[name] = same ?? secrets.seal(text, NOTIFICATION)
  }
  return sealed
}
