/** What is to be delivered, made of what is told to whom. */
import { createHash } from 'node:crypto'
import { notificationSecrets } from '@gantry/api'
import { ObjectId } from '@gantry/bson'
import type { Project } from '../projects/project.js'
import type { Secrets } from '../secrets.js'
import { alertJson } from './alert-json.js'
import { type Carrier, DELIVERY, type Delivery, type Parcel } from './delivery.js'
import type { AlertMessage } from './message.js'
import { NOTIFICATION, type Notification } from './notification.js'
import { addressesOf, type Directory } from './recipients.js'

/** What is told to whom. */
export interface Sending {
  readonly project: Project
  readonly notification: Notification
  readonly message: AlertMessage
}

const carriers: { readonly [type in Notification['typeName']]: Carrier } = {
  EMAIL: 'MAIL',
  GROUP: 'MAIL',
  ORG: 'MAIL',
  USER: 'MAIL',
  TEAM: 'MAIL',
  WEBHOOK: 'WEBHOOK',
  SLACK: 'SLACK',
  PAGER_DUTY: 'PAGER_DUTY',
  MICROSOFT_TEAMS: 'MICROSOFT_TEAMS',
}

export interface Packing extends Directory {
  readonly secrets: Secrets
  readonly now: () => number
}

/** One delivery for each recipient, so that none learns of the others. Links begin with `linkBase`. */
export async function deliveriesOf(
  services: Packing,
  { project, notification, message }: Sending,
  linkBase: string,
): Promise<Delivery[]> {
  const { secrets, now } = services
  const { alert, kind, subject, text } = message
  const { id: notifierId, typeName, webhookUrl, channelName, sealed } = notification
  const clear = notificationSecrets.flatMap((name) => {
    const bytes = sealed[name]
    return bytes ? [[name, secrets.open(bytes, NOTIFICATION)]] : []
  })
  const parcel: Parcel = {
    webhookUrl,
    channelName,
    ...Object.fromEntries(clear),
    subject: `[GANTRY] ${subject} (${project.name})`,
    text,
    alert: alertJson(alert, project.id, linkBase),
  }
  const carrier = carriers[typeName]
  const isMail = carrier === 'MAIL'
  const addresses = isMail ? await addressesOf(notification, project, services) : [undefined]
  return addresses.map((address) => ({
    id: new ObjectId().toHexString(),
    project: project.id,
    org: project.org,
    carrier,
    kind,
    alertId: alert.id,
    alertConfigId: alert.alertConfigId,
    notifierId,
    typeName,
    line: lineOf(alert.id, notifierId, address ?? ''),
    sealed: secrets.seal(JSON.stringify({ ...parcel, address }), DELIVERY),
    attempts: 0,
    dueMs: now(),
    owner: '',
    leaseUntilMs: 0,
    createdMs: now(),
  }))
}

function lineOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url')
}
