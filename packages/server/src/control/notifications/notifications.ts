import type { Project } from '../projects/project.js'
import type { GivenNotification } from './check-notifications.js'
import type { AlertMessage } from './message.js'
import type { Notification } from './notification.js'
import type { PresentedNotification } from './present-notification.js'

/** How people and programs are told of alerts. */
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
   * which it is delivered, again and again if need be, also after a restart. What can not be
   * delivered is an event of the project.
   */
  send(options: {
    readonly project: Project
    readonly notification: Notification
    readonly message: AlertMessage
  }): Promise<void>
  /** Drops what waits for a project, as it is gone. */
  forget(project: string): Promise<void>
}
