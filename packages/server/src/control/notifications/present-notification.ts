import { notificationSecrets } from '@gantry/api'
import type { Secrets } from '../secrets.js'
import { NOTIFICATION, type Notification } from './notification.js'
import { starred } from './starred.js'

/** A notification as the Public API answers it; what is undefined is left out. */
export interface PresentedNotification {
  readonly [name: string]: string | number | boolean | readonly string[] | undefined
}

/** Secrets are starred; `teamName` is that of its team, if it has one. */
export function presentNotification(
  secrets: Pick<Secrets, 'open'>,
  { id, sealed, ...fields }: Notification,
  teamName?: string,
): PresentedNotification {
  const shown = notificationSecrets.flatMap((name) => {
    const bytes = sealed[name]
    return bytes ? [[name, starred(secrets.open(bytes, NOTIFICATION))]] : []
  })
  return {
    ...fields,
    ...(fields.emailEnabled !== undefined && { smsEnabled: false }),
    ...Object.fromEntries(shown),
    notifierId: id,
    teamName,
  }
}
