/**
 * The alerts of projects: what has become true that somebody wants to be told of.
 *
 * Of several servers that share a state one evaluates a project at a time. All that is known
 * of an alert is in the state, and each step is written down before the next: a server that
 * is killed loses none, and the next one tells what was not told for certain.
 */
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { AlertConfigs } from '../alert-configs/alert-configs.js'
import { turns } from '../automation/turns.js'
import type { Events } from '../events/events.js'
import type { Log } from '../log.js'
import { claimsFor, claimTable } from '../metrics/claims.js'
import type { Notifications } from '../notifications/notifications.js'
import type { Projects } from '../projects/projects.js'
import type { State } from '../state.js'
import type { Acknowledgement, Alert } from './alert.js'
import { type AlertStore, openAlertStore } from './alert-store.js'
import { evaluate } from './evaluator.js'
import { end } from './life.js'
import type { Sources } from './scene.js'
import { openSightings } from './sightings.js'
import { type Mutes, tellerOf } from './teller.js'

/** The alerts of all groups. */
export interface Alerts extends Pick<AlertStore, 'get' | 'count' | 'list' | 'behind'> {
  /** Says until when somebody takes care of an alert; undefined takes that back. */
  acknowledge(alert: Alert, acknowledged: Acknowledgement | undefined): Promise<Alert>
  /** Ends what a configuration has found, as it is off, gone or looks at something else. */
  cancelOf(config: AlertConfig): Promise<void>
  /** Evaluates all projects that have configurations, as `start` does again and again. */
  evaluate(): Promise<void>
  /** Deletes all of a project, as it is gone. */
  forget(project: string): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface AlertsOptions extends Omit<Sources, 'sightings' | 'events'> {
  readonly state: State
  readonly events: Pick<Events, 'list' | 'record' | 'watch'>
  readonly configs: AlertConfigs
  readonly projects: Pick<Projects, 'get'>
  readonly notifications: Pick<Notifications, 'send'>
  readonly mutes: Mutes
  readonly log: Log
  /** The id of this server among those that share the state. */
  readonly server: string
  /** From one evaluation to the next; 0: there are none. */
  readonly intervalMs: number
  readonly now: () => number
}

const HOUR_MS = 3_600_000
/** How long alerts stay that are over. */
const KEPT_MS = 365 * 24 * HOUR_MS

/** Reads what is kept of them. */
export async function openAlerts(options: AlertsOptions): Promise<Alerts> {
  const { state, events, configs, projects, server, intervalMs, log, now } = options
  const store = await openAlertStore(state)
  const sightings = await openSightings(state)
  const teller = tellerOf({ ...options, store, projectOf: projects.get })
  const claims = claimsFor(state, server, () => Date.now(), claimTable('alertClaims'))
  const inTurn = turns()
  const evaluator = { ...options, store, teller, inTurn, sources: { ...options, sightings } }
  const rounds = roundsOf(options, store, async (id) => {
    const project = projects.get(id)
    if (project && (await claims.hold(id))) await evaluate(evaluator, project)
  })
  let timer: NodeJS.Timeout | undefined

  const failed = (err: unknown) => log.error({ err }, 'alerts could not be evaluated')

  return {
    ...store,
    async acknowledge(alert, acknowledged) {
      await store.acknowledge(alert.id, acknowledged)
      const changed = (await store.get(alert.project, alert.id)) ?? alert
      const config = configs.get(alert.project, alert.config)
      if (acknowledged) await teller.acknowledged(changed, config)
      return changed
    },
    async cancelOf(config) {
      await inTurn(config.project, async () => {
        for (const alert of await store.live(config.project)) {
          if (alert.config !== config.id) continue
          const after = end(alert, 'CANCELLED', now())
          if (after === alert || (await store.change(alert, after))) {
            await teller.settle(after, config)
          }
        }
      })
    },
    evaluate: rounds.next,
    async forget(project) {
      await store.forget(project)
      await sightings.forget(project)
    },
    start() {
      if (intervalMs === 0) return
      timer ??= setInterval(() => {
        if (!rounds.isRunning()) rounds.next().catch(failed)
      }, intervalMs).unref()
      events.watch(({ eventTypeName, facts }) => {
        const isAwaited = configs
          .enabled()
          .some((one) => one.project === facts.groupId && one.eventTypeName === eventTypeName)
        const comes = eventTypeName === 'JOINED_GROUP' || eventTypeName === 'REMOVED_FROM_GROUP'
        if (isAwaited && comes && timer) rounds.next().catch(failed)
      })
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await rounds.settled()
      await claims.release()
    },
  }
}

/** Evaluates all projects one after the other, and once an hour sees to what is left of others. */
function roundsOf(
  { configs, log, now }: AlertsOptions,
  store: AlertStore,
  evaluateOne: (project: string) => Promise<void>,
) {
  let running: Promise<void> | undefined
  let sweptMs = Number.NEGATIVE_INFINITY

  async function round(): Promise<void> {
    const ids = new Set(configs.enabled().map(({ project }) => project))
    if (now() - sweptMs >= HOUR_MS) {
      sweptMs = now()
      await store.sweep(sweptMs - KEPT_MS)
      // What has no configuration any more has been left by a server that was killed.
      for (const id of await store.liveProjects()) ids.add(id)
    }
    for (const id of ids) {
      await evaluateOne(id).catch((err: unknown) => {
        log.error({ err, project: id }, 'alerts could not be evaluated')
      })
    }
  }

  return {
    isRunning: () => running !== undefined,
    /** One at a time; who asks while one runs gets the one after it, as that may not have seen what is new. */
    async next(): Promise<void> {
      await running?.catch(() => {})
      running ??= round().finally(() => {
        running = undefined
      })
      return running
    },
    async settled(): Promise<void> {
      await running?.catch(() => {})
    },
  }
}
