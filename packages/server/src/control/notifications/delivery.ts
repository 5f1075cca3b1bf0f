import { Binary, DateTime, ObjectId } from '@gantry/bson'
import { bytesIn, idIn, numberIn, type Table, textIn, timeIn } from '../state.js'
import type { MessageKind } from './message.js'

/** By which way something is delivered. */
export type Carrier = 'MAIL' | 'WEBHOOK' | 'SLACK' | 'PAGER_DUTY' | 'MICROSOFT_TEAMS'

/** One message to one recipient, kept until it has arrived or is given up. */
export interface Delivery {
  /** Also tells the recipient that it has had this one already. */
  readonly id: string
  readonly project: string
  readonly org: string
  readonly carrier: Carrier
  readonly kind: MessageKind
  readonly alertId: string
  readonly alertConfigId: string
  readonly notifierId: string
  /** The type of its notification. */
  readonly typeName: string
  /** Messages with the same one arrive in the order in which they were sent. */
  readonly line: string
  /** A `Parcel` as JSON text, sealed for the purpose `DELIVERY`. */
  readonly sealed: Buffer
  readonly attempts: number
  /** Not to be tried before. */
  readonly dueMs: number
  /** The server that tries, until its lease ends; empty: none has. */
  readonly owner: string
  readonly leaseUntilMs: number
  readonly createdMs: number
}

/** What only whoever delivers needs to see. */
export interface Parcel {
  /** Of a mail. */
  readonly address?: string
  readonly webhookUrl?: string
  readonly webhookSecret?: string
  readonly apiToken?: string
  readonly channelName?: string
  readonly serviceKey?: string
  readonly microsoftTeamsWebhookUrl?: string
  readonly subject: string
  readonly text: string
  /** The alert as JSON text. */
  readonly alert: string
}

export const DELIVERY = 'notification delivery'

export const deliveryTable: Table<Delivery> = {
  collection: 'notificationDeliveries',
  indexes: [['line'], ['project']],
  write: ({ id, project, org, sealed, dueMs, leaseUntilMs, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    org: new ObjectId(org),
    ...rest,
    sealed: new Binary(sealed),
    due: DateTime.fromMs(dueMs),
    leaseUntil: DateTime.fromMs(leaseUntilMs),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    org: idIn(doc, 'org'),
    carrier: textIn(doc, 'carrier') as Carrier,
    kind: textIn(doc, 'kind') as MessageKind,
    alertId: textIn(doc, 'alertId'),
    alertConfigId: textIn(doc, 'alertConfigId'),
    notifierId: textIn(doc, 'notifierId'),
    typeName: textIn(doc, 'typeName'),
    line: textIn(doc, 'line'),
    sealed: bytesIn(doc, 'sealed'),
    attempts: numberIn(doc, 'attempts'),
    dueMs: timeIn(doc, 'due'),
    owner: textIn(doc, 'owner'),
    leaseUntilMs: timeIn(doc, 'leaseUntil'),
    createdMs: timeIn(doc, 'created'),
  }),
}
