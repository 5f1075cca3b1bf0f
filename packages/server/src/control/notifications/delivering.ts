/** How a delivery is tried, and how its project learns that it was in vain. */
import type { Events } from '../events/events.js'
import type { Secrets } from '../secrets.js'
import { DELIVERY, type Delivery, type Parcel } from './delivery.js'
import { requestFor, type ServiceUrls } from './http-carriers.js'
import { post } from './http-post.js'
import { type MailSettings, sendMail } from './mail-carrier.js'
import { isPublicAddress } from './public-addresses.js'

export interface DeliverySettings extends MailSettings, ServiceUrls {
  /** Whose webhooks may lead to addresses that are not public. */
  readonly webhookTargets: 'any' | 'owners' | 'public'
}

interface Services {
  readonly secrets: Pick<Secrets, 'open'>
  readonly events: Pick<Events, 'record'>
  readonly settings: DeliverySettings
  readonly isOwners: (org: string) => boolean
}

/** Of which alert which notification to whom it is about. */
type About = Pick<Delivery, 'project' | 'alertId' | 'alertConfigId' | 'notifierId' | 'typeName'> & {
  readonly address?: string
}

/** What the queue does with each delivery. */
export function delivering({ secrets, events, settings, isOwners }: Services) {
  const parcelOf = ({ sealed }: Delivery) => JSON.parse(secrets.open(sealed, DELIVERY)) as Parcel

  function mayReach({ org }: Delivery): (address: string) => boolean {
    const { webhookTargets } = settings
    const reachesAll = webhookTargets === 'any' || (webhookTargets === 'owners' && isOwners(org))
    return reachesAll ? () => true : isPublicAddress
  }

  return {
    async deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
      const parcel = parcelOf(delivery)
      if (delivery.carrier === 'MAIL') return sendMail(settings, delivery, parcel, signal)
      const { isChosen, check, ...request } = requestFor(delivery, parcel, settings)
      const answer = await post({
        ...request,
        signal,
        mayReach: isChosen ? mayReach(delivery) : () => true,
      })
      check?.(answer)
    },
    gaveUp: (delivery: Delivery, reason: string): Promise<void> =>
      recordFailure(events, { ...delivery, address: parcelOf(delivery).address }, reason),
  }
}

/** Lets the project's members see that somebody has not been told. */
export async function recordFailure(
  events: Pick<Events, 'record'>,
  { project, alertId, alertConfigId, notifierId, typeName, address }: About,
  reason: string,
): Promise<void> {
  await events.record('ALERT_NOTIFICATION_FAILED', {
    groupId: project,
    alertId,
    alertConfigId,
    notifierId,
    notificationTypeName: typeName,
    ...(address !== undefined && { emailAddress: address }),
    reason,
  })
}
