/** The alerts of projects: what has become true that somebody wants to be told of. */
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { State } from '../state.js'
import type { Acknowledgement, Alert } from './alert.js'
import { type AlertStore, openAlertStore } from './alert-store.js'
import { end } from './life.js'

export interface Alerts extends Pick<AlertStore, 'get' | 'count' | 'list' | 'behind' | 'forget'> {
  /** Says until when somebody takes care of an alert; undefined takes that back. */
  acknowledge(alert: Alert, acknowledged: Acknowledgement | undefined): Promise<Alert>
  /** Ends what a configuration has found, as it is off, gone or looks at something else. */
  cancelOf(config: AlertConfig): Promise<void>
}

export async function openAlerts(state: State, now: () => number = Date.now): Promise<Alerts> {
  const store = await openAlertStore(state)
  return {
    ...store,
    async acknowledge(alert, acknowledged) {
      await store.acknowledge(alert.id, acknowledged)
      return (await store.get(alert.project, alert.id)) ?? alert
    },
    async cancelOf({ project, id }) {
      for (const alert of await store.live(project)) {
        if (alert.config === id) await store.change(alert, end(alert, 'CANCELLED', now()))
      }
    },
  }
}
