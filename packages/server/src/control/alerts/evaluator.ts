/** Looks again and again whether what configurations watch for is true, and makes alerts of it. */
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { AlertConfigs } from '../alert-configs/alert-configs.js'
import { matching } from '../alert-configs/matchers.js'
import type { Log } from '../log.js'
import type { Project } from '../projects/project.js'
import { idOf } from '../topology/ids.js'
import { type Alert, isUnfinished } from './alert.js'
import type { AlertStore } from './alert-store.js'
import type { Candidate, Happening } from './candidates.js'
import { conditions, happenings } from './conditions.js'
import { end, newAlert, next, pastAlert } from './life.js'
import { type Scene, type Sources, sceneOf } from './scene.js'
import type { Teller } from './teller.js'

export interface EvaluatorOptions {
  readonly configs: AlertConfigs
  readonly store: AlertStore
  readonly teller: Teller
  readonly sources: Sources
  readonly log: Log
  /** Does nothing else of a project meanwhile. */
  readonly inTurn: (project: string, work: () => Promise<void>) => Promise<void>
  readonly now: () => number
}

/** What one configuration sees. */
interface Look {
  readonly config: AlertConfig
  readonly candidates: readonly Candidate[]
  readonly happened: readonly Happening[]
}

/** Evaluates all configurations of a project that are on. What cannot be looked at stays as it is. */
export async function evaluate(options: EvaluatorOptions, project: Project): Promise<void> {
  const { configs, sources, now, log } = options
  const enabled = configs.ofProject(project.id).filter((config) => config.enabled)
  const watched = new Set(enabled.flatMap((config) => config.metricThreshold?.metricName ?? []))
  const scene = sceneOf(project, sources, now(), watched)
  const looks: Look[] = []
  for (const config of enabled) {
    try {
      looks.push(await look(config, scene))
    } catch (err) {
      log.warn(
        { err, project: project.id, alertConfig: config.id },
        'an alert configuration could not be evaluated',
      )
    }
  }
  await options.inTurn(project.id, async () => {
    const live = await options.store.live(project.id)
    for (const one of looks) {
      // Somebody may have changed it meanwhile; the next time shows what it is like then.
      const config = configs.get(project.id, one.config.id)
      if (config?.enabled && config.updatedMs === one.config.updatedMs) {
        await apply(options, one, live, scene)
      }
    }
    await cancelOrphans(options, project.id, live)
    await scene.finish()
  })
}

async function look(config: AlertConfig, scene: Scene): Promise<Look> {
  const { eventTypeName, enabledMs } = config
  const matches = await matching(config.matchers)
  const candidates = (await conditions[eventTypeName]?.(scene, config)) ?? []
  const happened = (await happenings[eventTypeName]?.(scene, config)) ?? []
  return {
    config,
    candidates: candidates
      .filter(({ fields, unknown }) => matches(fields, unknown))
      // Alerts that it has stay; it gets none before it is known to be meant.
      .map((one) => (matches(one.fields) ? one : { ...one, is: 'unknown' })),
    happened: happened.filter(({ fields, atMs }) => atMs >= enabledMs && matches(fields)),
  }
}

async function apply(
  options: EvaluatorOptions,
  look: Look,
  live: readonly Alert[],
  scene: Scene,
): Promise<void> {
  const { config, candidates } = look
  const own = live.filter((alert) => alert.config === config.id)
  const found = new Map(candidates.map((candidate) => [candidate.target, candidate]))
  const taken = new Set<string>()
  for (const alert of own) {
    const seen = await guarded(options, config, () =>
      seeTo(options, config, alert, found.get(alert.target), scene),
    )
    if (isUnfinished(alert) && seen !== 'other') taken.add(alert.target)
  }
  for (const candidate of candidates) {
    if (candidate.is !== 'true' || taken.has(candidate.target)) continue
    await guarded(options, config, () =>
      open(options, config, newAlert(config, candidate, options.now())),
    )
  }
  await applyHappened(options, look)
}

/** One alert that cannot be seen to is no reason to leave the others. */
async function guarded<T>(
  { log }: EvaluatorOptions,
  config: AlertConfig,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (err) {
    log.error({ err, alertConfig: config.id }, 'an alert could not be seen to')
    return undefined
  }
}

/** Makes of an alert what is found now; `other`: its configuration looks at something else by now. */
async function seeTo(
  { store, teller, now }: EvaluatorOptions,
  config: AlertConfig,
  alert: Alert,
  candidate: Candidate | undefined,
  scene: Scene,
): Promise<'same' | 'other'> {
  // What was left undone comes first, so that whoever was told of its beginning learns of its end.
  const before = await teller.settle(alert, config)
  const isOther = isOtherMatter(before, config)
  const isOver = isOther || (!candidate && (await isGone(before, scene)))
  const after = isOver
    ? end(before, 'CANCELLED', now())
    : candidate
      ? next(before, config, candidate, now())
      : before
  if (after !== before && (await store.change(before, after))) await teller.settle(after, config)
  return isOther ? 'other' : 'same'
}

async function open(
  { store, teller }: EvaluatorOptions,
  config: AlertConfig,
  alert: Alert,
): Promise<void> {
  if (await store.insert(alert)) await teller.settle(alert, config)
}

async function applyHappened(options: EvaluatorOptions, { config, happened }: Look): Promise<void> {
  const { store, now } = options
  const ids = happened.map(({ once }) => idOf(24, config.id, once))
  const known = await store.known(ids)
  for (const [i, one] of happened.entries()) {
    if (known.has(ids[i])) continue
    await guarded(options, config, () =>
      open(options, config, pastAlert(config, one, ids[i], now())),
    )
  }
}

/** Whether a configuration has come to look at something else since it made an alert. */
function isOtherMatter(
  { eventTypeName, subject }: Alert,
  { eventTypeName: event, metricThreshold }: AlertConfig,
): boolean {
  return eventTypeName !== event || subject.metricName !== metricThreshold?.metricName
}

/**
 * Whether what an alert is about is no longer there. As long as nothing is known of an
 * instance, as when one that lives elsewhere has not answered since the start, nobody can tell.
 */
async function isGone({ subject: { instance } }: Alert, scene: Scene): Promise<boolean> {
  if (instance === undefined || !scene.sources.registry.byId(instance)) return true
  const hosts = await scene.hosts()
  return hosts.some((host) => host.instance?.id === instance)
}

/** Ends alerts of configurations that are gone or off, which a server that was killed has left. */
async function cancelOrphans(
  { configs, store, teller, now }: EvaluatorOptions,
  project: string,
  live: readonly Alert[],
): Promise<void> {
  for (const alert of live) {
    const config = configs.get(project, alert.config)
    if (config?.enabled) continue
    const after = end(alert, 'CANCELLED', now())
    if (after !== alert && !(await store.change(alert, after))) continue
    await teller.settle(after, config)
  }
}
