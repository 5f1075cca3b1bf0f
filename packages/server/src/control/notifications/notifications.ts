/** How people and programs are told of alerts. */
import { ObjectId } from '@gantry/bson'
import type { Events } from '../events/events.js'
import type { Log } from '../log.js'
import type { Project } from '../projects/project.js'
import { isInGroup } from '../roles/roles.js'
import type { Secrets } from '../secrets.js'
import type { State } from '../state.js'
import { checkNotifications, type GivenNotification } from './check-notifications.js'
import { type DeliverySettings, delivering, recordFailure } from './delivering.js'
import { type Delivery, deliveryTable } from './delivery.js'
import type { Notification } from './notification.js'
import { deliveriesOf, type Sending } from './packing.js'
import { type PresentedNotification, presentNotification } from './present-notification.js'
import { openQueue } from './queue.js'
import { type Directory, teamOf } from './recipients.js'

/** Messages about alerts, on their way to those who are told. */
export interface Notifications {
  /**
   * Checks the notifications of an alert configuration, and seals their secrets. `before` are
   * those that they replace. Rejects with the error code of the first mistake.
   */
  check(
    project: Project,
    given: readonly GivenNotification[],
    before?: readonly Notification[],
  ): Promise<Notification[]>
  /** A notification as the Public API answers it, its secrets starred. */
  present(notification: Notification): PresentedNotification
  /**
   * Tells everybody whom a notification reaches. Resolves when this is kept in the state, from
   * which it is delivered, again and again if need be, also after a restart. What cannot be
   * delivered is an event of the project, `ALERT_NOTIFICATION_FAILED`.
   */
  send(sending: Sending): Promise<void>
  /** Tries everything that is due, and resolves when nothing is. */
  work(): Promise<void>
  /** Drops what waits for a project, as it is gone. */
  forget(project: string): Promise<void>
  /** Begins to deliver; links to alerts begin with `url`. */
  start(url: string): void
  /** What has not arrived is tried again after the next start. */
  stop(): Promise<void>
}

export interface NotificationServices extends Directory {
  readonly state: State
  readonly secrets: Secrets
  readonly events: Pick<Events, 'record'>
  readonly log: Log
  /** The id of this server among those that share the state. */
  readonly server: string
  readonly settings: DeliverySettings
  /** Whether an organisation is of those who own this server. */
  readonly isOwners: (org: string) => boolean
  readonly now: () => number
}

/** With so much waiting something is wrong, and more of it helps nobody. */
const MOST_WAITING = 500

/** Nothing is sent before `start`. */
export async function openNotifications(services: NotificationServices): Promise<Notifications> {
  const { state, secrets, members, teams } = services
  await state.prepare(deliveryTable)
  const { deliver, gaveUp } = delivering(services)
  const queue = openQueue({ ...services, deliver, gaveUp })
  const context = {
    secrets,
    findUser: (username: string, project: Project) => findUser(members, username, project),
    hasTeam: (id: string, project: Project) => teamOf(teams, project, id) !== undefined,
  }
  let linkBase = ''
  return {
    check: (project, given, before) => checkNotifications(context, project, given, before),
    present: (notification) =>
      presentNotification(secrets, notification, teams.get(notification.teamId ?? '')?.name),
    async send(sending) {
      const deliveries = await deliveriesOf(services, sending, linkBase)
      if (deliveries.length === 0) await reachesNobody(services, sending)
      const wanted: Delivery[] = []
      for (const delivery of deliveries) {
        if (await isWanted(state, delivery)) wanted.push(delivery)
      }
      const project = new ObjectId(sending.project.id)
      const waiting = await state.count(deliveryTable, { project })
      const room = Math.max(0, MOST_WAITING - waiting)
      for (const delivery of wanted.splice(room)) {
        await gaveUp(delivery, `${MOST_WAITING} notifications of the project wait already`)
      }
      await queue.add(wanted)
    },
    work: queue.work,
    async forget(project) {
      await state.deleteAll(deliveryTable, { project: new ObjectId(project) })
    },
    start(url) {
      linkBase = url.replace(/\/+$/, '')
      queue.start()
    },
    stop: queue.stop,
  }
}

async function findUser(members: Directory['members'], username: string, project: Project) {
  const member = await members.byUsername(username)
  if (!member) return 'absent'
  return isInGroup(members.rolesOf(member.id), project) ? 'member' : 'elsewhere'
}

/** That an alert is still open is no news to whoever has yet to hear that it has opened. */
async function isWanted(state: State, { kind, line }: Delivery): Promise<boolean> {
  return kind !== 'UPDATED' || (await state.count(deliveryTable, { line })) === 0
}

async function reachesNobody({ events }: NotificationServices, sending: Sending): Promise<void> {
  const { project, notification, message } = sending
  const { id: alertId, alertConfigId } = message.alert
  const { id: notifierId, typeName } = notification
  const about = { project: project.id, alertId, alertConfigId, notifierId, typeName }
  await recordFailure(events, about, 'there is nobody any more whom it would reach')
}
