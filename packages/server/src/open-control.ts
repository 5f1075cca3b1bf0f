import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type AddressSet, addressSet, parseRanges } from './addresses/address-range.js'
import { folderTarget } from './backups/folder-target.js'
import { s3Target } from './backups/s3-target.js'
import { type BackupTargets, backupTargets } from './backups/targets.js'
import { type Config, ConfigError } from './config.js'
import { accounts } from './control/accounts/accounts.js'
import { accountDirectory } from './control/accounts/directory.js'
import { aclTable } from './control/acls/acl.js'
import { aclSyncs, aclSyncTable } from './control/acls/acl-sync.js'
import { openAcls } from './control/acls/acls.js'
import { openAdministration } from './control/administration.js'
import { openAgents } from './control/agents/agents.js'
import { openAlertConfigs } from './control/alert-configs/alert-configs.js'
import { openAlerts } from './control/alerts/alerts.js'
import { apiKeys } from './control/api-keys/api-keys.js'
import { backupTable } from './control/backups/backup.js'
import type { BackupSettings } from './control/backups/backup-services.js'
import { openBackups } from './control/backups/backups.js'
import { openClusterBackups } from './control/cluster-backups/cluster-backups.js'
import { COMPACTION, compactionsOf } from './control/compaction/compaction.js'
import { compactionTable } from './control/compaction/record.js'
import { compactionHandler } from './control/compaction/task.js'
import { type Control, controlOver } from './control/control.js'
import { dashboardTable } from './control/dashboards/dashboards.js'
import { recordTasks } from './control/events/task-events.js'
import { createTrimming } from './control/events/trimming.js'
import { firstStart } from './control/first-start.js'
import { connectionsOf } from './control/instances/connections.js'
import { type Instance, instances } from './control/instances/instances.js'
import { lifecycleOf } from './control/instances/lifecycle.js'
import { createPorts, type Ports } from './control/instances/ports.js'
import { type InstanceRegistry, openRegistry } from './control/instances/registry.js'
import { handleInstanceTasks } from './control/instances/tasks.js'
import { createLateLog, type LateLog } from './control/log.js'
import { openLogJobs } from './control/log-jobs/log-jobs.js'
import { metricsOf } from './control/metrics/metrics.js'
import { openNotifications } from './control/notifications/notifications.js'
import type { Catalog } from './control/plans/catalog.js'
import { readCatalog } from './control/plans/catalog-file.js'
import { quotasOf } from './control/quotas/quotas.js'
import type { Reloads } from './control/records.js'
import { localRequestCounts } from './control/request-counts/request-counts.js'
import { requestCountTable, sharedRequestCounts } from './control/request-counts/shared-counts.js'
import { scheduleTable } from './control/schedules/schedule.js'
import { openSchedules } from './control/schedules/schedules.js'
import { shardsOf } from './control/shards/shards.js'
import { freshness } from './control/shared/freshness.js'
import { openState } from './control/shared/open-state.js'
import { serversIn } from './control/shared/servers.js'
import { singleUsesIn, singleUseTable } from './control/shared/single-uses.js'
import { stepdownTable } from './control/stepdown/record.js'
import { STEPDOWN, stepdownHandler, stepdownsOf } from './control/stepdown/stepdowns.js'
import { taskTable } from './control/tasks/task.js'
import { openTasks } from './control/tasks/tasks.js'
import { tokensOf } from './control/tokens/tokens.js'
import { lockDataDir } from './data-dir/lock.js'
import { keepServerId } from './data-dir/server-id.js'
import { readMachine } from './machine/machine.js'
import { openOwnAgent } from './open-agent.js'
import { driversWith, type Programs } from './services/drivers.js'

/** What `stop`, or a start that fails, must undo; the last one first. */
export type Undo = (() => Promise<void>)[]

/** The domain, with what the start needs of it. */
export interface OpenedControl {
  readonly control: Control
  readonly registry: InstanceRegistry
  /** Not open yet. */
  readonly ports: Ports
  /** To be told where to. */
  readonly log: LateLog
  /** Begins what control does by itself, such as tasks that the last run left; the APIs are at `url`. */
  begin(url: string): Promise<void>
}

/** Each collection of the state. */
const tables = [
  accounts,
  apiKeys,
  instances,
  aclTable,
  aclSyncTable,
  taskTable,
  scheduleTable,
  requestCountTable,
  dashboardTable,
  backupTable,
  compactionTable,
  stepdownTable,
  singleUseTable,
]

/** What a start may bring along beside the configuration. */
export interface StartOptions {
  /** The clock of alerts. Default: the system's. */
  readonly now?: () => number
  /** The command that runs the embedded engine as a process of its own; undefined: there is none. */
  readonly engine?: readonly string[]
}

/** The domain over the state in a data directory, with the instances not yet started. */
export async function openControl(
  config: Config,
  dataDir: string,
  undo: Undo,
  { now = Date.now, engine }: StartOptions = {},
): Promise<OpenedControl> {
  const lock = await lockDataDir(dataDir)
  undo.push(() => lock.release())
  const { state, secrets, watch } = await openState(config.state, dataDir)
  undo.push(() => state.close())
  for (const table of tables) await state.prepare(table)
  const server = await keepServerId(dataDir)
  await firstStart(dataDir, state, secrets, server)
  const log = createLateLog()
  const drivers = driversWith({
    ...programsIn(config),
    warn: (message) => log.warn({}, message),
  })
  const registry = await openRegistry({
    state,
    secrets,
    folder: join(dataDir, 'instances'),
    drivers,
    server,
  })
  undo.push(() => registry.close())
  const tasks = openTasks({ state, log, server })
  undo.push(() => tasks.stop())
  const schedules = openSchedules({ state, tasks, log })
  undo.push(() => schedules.stop())
  const metrics = metricsOf({
    state,
    registry,
    server,
    intervalMs: config.metricsIntervalMs,
    hosts: () => administration.topology.measured(),
    readMachine: () => readMachine(dataDir),
  })
  undo.push(() => metrics.close())
  const acls = await openAcls(state)
  const syncs = aclSyncs(state)
  const servers = serversIn(state, server, secrets)
  const lifetimeMs = config.tokenLifetimeMs
  const reloads: Reloads = new Map()
  const administration = await openAdministration({ state, reloads }, secrets, registry, servers)
  undo.push(() => administration.topology.close())
  const { members, projects, events, teams } = administration
  const notifications = await openNotifications({
    state,
    secrets,
    events,
    log,
    server,
    members,
    projects,
    teams,
    settings: config,
    isOwners: (org) => members.isOwnedBy(org),
    now,
  })
  undo.push(() => notifications.stop())
  const directory = accountDirectory(state, administration.members.adopt)
  undo.push(() => administration.accessLists.flush())
  const agents = await openAgents({
    keeping: { state, reloads },
    events: administration.events,
    log,
    server,
    hostname: hostname(),
  })
  undo.push(() => agents.stop())
  agents.play({
    type: 'MONITORING',
    runs: () => config.metricsIntervalMs > 0,
  })
  const ownAgent = openOwnAgent({ ...administration, config, dataDir, engine, agents, log })
  undo.push(() => ownAgent.stop())
  agents.play({
    type: 'AUTOMATION',
    runs: () => config.automation !== 'off',
    serves: ownAgent.serves,
    hostnames: ownAgent.hostnames,
  })
  const { host, mongoPort } = config
  const ports = createPorts(registry, {
    host,
    shownHost: publicHost(config),
    mongoPort,
    acls,
    proxies: proxiesOf(config),
  })
  const catalog = openCatalog(config)
  const backups = openBackups({
    state,
    registry,
    tasks,
    schedules,
    log,
    server,
    drivers,
    targets: targetsOf(config, dataDir),
    scratch: join(dataDir, 'scratch'),
    settings: backupSettings(config),
    now: Date.now,
  })
  undo.push(() => backups.stop())
  const trimming = createTrimming({
    events,
    keepDays: config.eventKeepDays,
    failed: (err) => log.error({ err }, 'old events cannot be deleted'),
  })
  undo.push(() => trimming.stop())
  recordTasks({
    tasks,
    events,
    // What automation runs belongs to no account, but to its project.
    projectOf: (owner) => projects.ofAccount(owner) ?? projects.get(owner),
    instanceOf: registry.byId,
    failed: (err) => log.error({ err }, 'the end of a task cannot be recorded'),
  })
  const logJobs = await openLogJobs({
    keeping: { state, reloads },
    folder: join(dataDir, 'collected-logs'),
    server,
    tasks,
    registry,
    topology: administration.topology,
    projects,
  })
  undo.push(() => logJobs.stop())
  const clusterBackups = await openClusterBackups({
    keeping: { state, reloads },
    secrets,
    backups,
    registry,
    failed: (err) => log.error({ err }, 'rules on how long snapshots are kept cannot be applied'),
  })
  undo.push(async () => clusterBackups.stop())
  const alertConfigs = await openAlertConfigs({ state, reloads }, notifications.check, now)
  const alerts = await openAlerts({
    ...administration,
    state,
    configs: alertConfigs,
    registry,
    metrics,
    backups,
    agents,
    notifications,
    mutes: administration.maintenanceWindows.mutes,
    log,
    server,
    intervalMs: config.alertIntervalMs,
    sampleMs: config.metricsIntervalMs,
    now,
  })
  undo.push(() => alerts.stop())
  const kept = { instances: registry, acls, servers, reloads, log }
  const watching = watch?.(freshness(kept))
  if (watching) undo.push(() => watching.close())
  const lifecycle = lifecycleOf({ registry, ports, tasks, secrets, catalog, host, server })
  const shards = shardsOf(registry)
  const stepdowns = stepdownsOf({ state, schedules })
  const compactions = compactionsOf(state, tasks)
  tasks.handle(COMPACTION, compactionHandler({ state, registry, shards, stepdowns }))
  tasks.handle(STEPDOWN, stepdownHandler({ state, registry, shards, compactions }))
  const refuses = ({ isFirst }: Instance) => config.quotas === 'refuse' && !isFirst
  const quotas = quotasOf({ registry, log, refuses })
  undo.push(() => quotas.stop())
  handleInstanceTasks({
    registry,
    ports,
    tasks,
    hooks: [
      { beforeStop: backups.keepFinal, afterwards: backups.forget },
      { afterwards: clusterBackups.forget },
      { afterwards: acls.forget },
      { afterwards: syncs.forget },
      { afterwards: ({ id }) => schedules.forget(id) },
      { afterwards: metrics.remove },
      { afterwards: compactions.forget },
      { afterwards: stepdowns.forget },
      { afterwards: async (instance) => quotas.forget(instance) },
    ],
  })
  const control = controlOver(state, registry, {
    backups,
    clusterBackups,
    logJobs,
    ...administration,
    agents,
    acls,
    aclSync: syncs,
    accounts: directory,
    tokens: tokensOf({ secrets, accounts: directory, lifetimeMs }),
    catalog,
    requestCounts: watch ? sharedRequestCounts(state) : localRequestCounts(),
    projectCalls: watch ? sharedRequestCounts(state) : localRequestCounts(),
    servers,
    singleUses: watch && singleUsesIn(state),
    tasks,
    schedules,
    lifecycle,
    connections: connectionsOf(registry, servers, { host, hasTls: config.tlsPort !== undefined }),
    metrics,
    quotas,
    compactions,
    stepdowns,
    notifications,
    alertConfigs,
    alerts,
  })
  return {
    control,
    registry,
    ports,
    log,
    async begin(url) {
      trimming.start()
      const shownHost = publicHost(config) ?? hostIn(url)
      await servers.announce(config.peerUrl ?? url, shownHost)
      await servers.reload()
      await lifecycle.recover()
      await tasks.start()
      await backups.start()
      clusterBackups.start()
      logJobs.start((err) => log.error({ err }, 'collected logs cannot be looked after'))
      schedules.start()
      quotas.start()
      ownAgent.begin()
      notifications.start(config.publicUrl ?? url)
      alerts.start()
      metrics.start((what, err) => log.warn({ err, what }, 'gives no metrics'))
      await agents.start()
    },
  }
}

/** Those who are believed when they say for whom they connect. */
export function proxiesOf({ trustedProxies }: Config): AddressSet {
  return addressSet(parseRanges(trustedProxies ?? '') ?? [])
}

/** Where to reach a server that listens everywhere, as others are told; undefined: where it listens. */
function publicHost({ host, peerUrl }: Config): string | undefined {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  return isEverywhere && peerUrl !== undefined ? hostIn(peerUrl) : undefined
}

function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function openCatalog({ catalog }: Config): Catalog {
  try {
    return readCatalog(catalog)
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}

/** The folder is there in any case, for what was put into it before there was a bucket. */
function targetsOf(config: Config, dataDir: string): BackupTargets {
  const folder = folderTarget(resolve(config.backupDir ?? join(dataDir, 'backups')))
  const { backupS3Bucket: bucket, backupS3AccessKey, backupS3SecretKey } = config
  if (!bucket || !backupS3AccessKey || !backupS3SecretKey) return backupTargets(folder)
  const bucketTarget = s3Target({
    bucket,
    endpoint: config.backupS3Endpoint,
    region: config.backupS3Region,
    prefix: config.backupS3Prefix,
    accessKey: backupS3AccessKey,
    secretKey: backupS3SecretKey,
  })
  return backupTargets(bucketTarget, folder)
}

function backupSettings({ backups, backupKeepDays, finalBackupDays }: Config): BackupSettings {
  return { daily: backups === 'daily', keepDays: backupKeepDays, finalDays: finalBackupDays }
}

/** What the drivers may use of this machine. */
function programsIn({
  mongod,
  mongos,
  elasticsearchHome: home,
  elasticsearchHeapMb: heapMb,
  redisServer: program,
}: Config): Programs {
  return { mongodb: { mongod, mongos }, elasticsearch: { home, heapMb }, redis: { program } }
}
