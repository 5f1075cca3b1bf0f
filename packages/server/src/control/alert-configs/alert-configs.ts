import { ObjectId } from '@gantry/bson'
import type { GivenNotification } from '../notifications/check-notifications.js'
import type { Notification } from '../notifications/notification.js'
import type { Project } from '../projects/project.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { type AlertConfig, alertConfigTable } from './alert-config.js'
import { checkContent, type GivenConfig } from './check-config.js'
import { defaultConfigs } from './default-configs.js'

/** Checks whom a configuration tells; `before` are those that these replace. */
export type CheckNotifications = (
  project: Project,
  given: readonly GivenNotification[],
  before?: readonly Notification[],
) => Promise<Notification[]>

export interface AlertConfigs {
  /** The oldest first. */
  ofProject(project: string): readonly AlertConfig[]
  /** Those that are on, of all projects. */
  enabled(): readonly AlertConfig[]
  /** Undefined also for one of another project. */
  get(project: string, id: string): AlertConfig | undefined
  /** Rejects with the error code of the first mistake. */
  create(project: Project, given: GivenConfig): Promise<AlertConfig>
  /** As `create`; what is not given is as it would be in a new one. */
  replace(project: Project, config: AlertConfig, given: GivenConfig): Promise<AlertConfig>
  /** As `replace`, but what is not given stays. */
  update(project: Project, config: AlertConfig, given: GivenConfig): Promise<AlertConfig>
  remove(config: AlertConfig): Promise<void>
  /** Gives a project those that most need. */
  createDefaults(project: Project): Promise<readonly AlertConfig[]>
  /** Removes all of a project, as it is gone. */
  forget(project: string): Promise<void>
}

export async function openAlertConfigs(
  keeping: Keeping,
  checkNotifications: CheckNotifications,
  now: () => number = Date.now,
): Promise<AlertConfigs> {
  const records: Records<AlertConfig> = await openRecords(keeping, alertConfigTable)
  const ofProject = (project: string) => records.all().filter((one) => one.project === project)

  async function create(project: Project, given: GivenConfig): Promise<AlertConfig> {
    const nowMs = now()
    const config = {
      ...(await checkContent(given)),
      notifications: await checkNotifications(project, given.notifications ?? []),
      id: new ObjectId().toHexString(),
      project: project.id,
      createdMs: nowMs,
      updatedMs: nowMs,
      enabledMs: nowMs,
    }
    await records.insert(config)
    return config
  }

  async function replace(
    project: Project,
    before: AlertConfig,
    given: GivenConfig,
    keep?: readonly Notification[],
  ): Promise<AlertConfig> {
    const { id, createdMs, enabledMs } = before
    const nowMs = now()
    const content = await checkContent(given)
    const { notifications = [] } = given
    const config = {
      ...content,
      notifications:
        keep ?? (await checkNotifications(project, notifications, before.notifications)),
      id,
      project: project.id,
      createdMs,
      updatedMs: nowMs,
      enabledMs: content.enabled && !before.enabled ? nowMs : enabledMs,
    }
    // Somebody may have deleted it meanwhile.
    if (!records.get(id)) throw refusal('ALERT_CONFIG_NOT_FOUND', id)
    await records.save(config)
    return config
  }

  return {
    ofProject,
    enabled: () => records.all().filter(({ enabled }) => enabled),
    get(project, id) {
      const config = records.get(id)
      return config?.project === project ? config : undefined
    },
    create,
    replace: (project, config, given) => replace(project, config, given),
    update(project, config, given) {
      const keep = given.notifications ? undefined : config.notifications
      return replace(project, config, { ...contentOf(config, given), ...given }, keep)
    },
    async remove({ id }) {
      await records.delete(id)
    },
    async createDefaults(project) {
      const made: AlertConfig[] = []
      for (const config of defaultConfigs) made.push(await create(project, config))
      return made
    },
    async forget(project) {
      for (const { id } of ofProject(project)) await records.delete(id)
    },
  }
}

/** What a configuration says; thresholds of another event than it is to have are left out. */
function contentOf(config: AlertConfig, { eventTypeName }: GivenConfig): GivenConfig {
  const { enabled, matchers, metricThreshold, threshold } = config
  const isSame = !eventTypeName || eventTypeName.toUpperCase() === config.eventTypeName
  return {
    eventTypeName: config.eventTypeName,
    enabled,
    matchers,
    ...(isSame && metricThreshold && { metricThreshold }),
    ...(isSame && threshold && { threshold }),
  }
}
