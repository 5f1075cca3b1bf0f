import { type DeliveredNotification, notificationSecrets } from '@gantry/api'
import { Binary, type Doc, ObjectId, type Writable } from '@gantry/bson'
import type { Command } from '../../services/deployment.js'
import {
  bytesIn,
  idIn,
  numberIn,
  optionalIdIn,
  optionalTextIn,
  textIn,
  textsIn,
  truthIn,
} from '../state.js'

export type NotificationSecret = (typeof notificationSecrets)[number]

/** Whom an alert configuration tells of its alerts, and how. It is kept within the configuration. */
export interface Notification {
  /** `notifierId` in the Public API. */
  readonly id: string
  readonly typeName: DeliveredNotification
  /** How long an alert must last before it is told. */
  readonly delayMin: number
  /** After which it is told again, while it is open and nobody has acknowledged it. */
  readonly intervalMin: number
  readonly emailAddress?: string
  /** Of those that reach users. */
  readonly emailEnabled?: boolean
  /** Only users with one of these roles; none of them: all. */
  readonly roles?: readonly string[]
  readonly username?: string
  readonly teamId?: string
  readonly webhookUrl?: string
  readonly channelName?: string
  /** Sealed for the purpose `NOTIFICATION`. */
  readonly sealed: { readonly [name in NotificationSecret]?: Buffer }
}

export const NOTIFICATION = 'notification'

const texts = ['emailAddress', 'username', 'webhookUrl', 'channelName'] as const

/** As the state keeps it, for a list in an alert configuration. */
export function writeNotification({ id, sealed, teamId, ...rest }: Notification): Command {
  const secrets = Object.entries(sealed).map(([name, bytes]) => [name, new Binary(bytes)])
  return {
    id: new ObjectId(id),
    ...(rest as { readonly [name: string]: Writable }),
    ...(teamId !== undefined && { teamId: new ObjectId(teamId) }),
    sealed: Object.fromEntries(secrets),
  }
}

/** What `writeNotification` made. */
export function readNotification(doc: Doc): Notification {
  const sealed = doc.get('sealed') as Doc
  const secrets = notificationSecrets.filter((name) => sealed.has(name))
  return {
    id: idIn(doc, 'id'),
    typeName: textIn(doc, 'typeName') as DeliveredNotification,
    delayMin: numberIn(doc, 'delayMin'),
    intervalMin: numberIn(doc, 'intervalMin'),
    ...Object.fromEntries(
      texts.filter((name) => doc.has(name)).map((name) => [name, optionalTextIn(doc, name)]),
    ),
    ...(doc.has('emailEnabled') && { emailEnabled: truthIn(doc, 'emailEnabled') }),
    ...(doc.has('roles') && { roles: textsIn(doc, 'roles') }),
    ...(doc.has('teamId') && { teamId: optionalIdIn(doc, 'teamId') }),
    sealed: Object.fromEntries(secrets.map((name) => [name, bytesIn(sealed, name)])),
  }
}
