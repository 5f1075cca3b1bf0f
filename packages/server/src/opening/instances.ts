import { type Config, ConfigError } from '../config.js'
import { COMPACTION, compactionsOf } from '../control/compaction/compaction.js'
import { compactionHandler } from '../control/compaction/task.js'
import type { Opened } from '../control/control.js'
import { connectionsOf } from '../control/instances/connections.js'
import type { Instance } from '../control/instances/instances.js'
import { lifecycleOf } from '../control/instances/lifecycle.js'
import { createPorts, type Ports } from '../control/instances/ports.js'
import { handleInstanceTasks, type RemovalHook } from '../control/instances/tasks.js'
import type { Catalog } from '../control/plans/catalog.js'
import { readCatalog } from '../control/plans/catalog-file.js'
import { quotasOf } from '../control/quotas/quotas.js'
import { shardsOf } from '../control/shards/shards.js'
import { STEPDOWN, stepdownHandler, stepdownsOf } from '../control/stepdown/stepdowns.js'
import type { Base } from './base.js'
import { proxiesOf, publicHost } from './hosts.js'

type InstanceControl = Pick<
  Opened,
  'lifecycle' | 'connections' | 'catalog' | 'quotas' | 'compactions' | 'stepdowns'
>

/** What is done with instances as a whole. */
export interface Instances {
  readonly control: InstanceControl
  /** Not open yet. */
  readonly ports: Ports
}

/** What keeps something of an instance, or has a part in what is done with it. */
export type AboutInstances = Pick<
  Opened,
  | 'acls'
  | 'aclSync'
  | 'servers'
  | 'tasks'
  | 'schedules'
  | 'metrics'
  | 'backups'
  | 'clusterBackups'
  | 'catalog'
>

/** What can be ordered. Throws `ConfigError` when its file is wrong. */
export function openCatalog({ catalog }: Config): Catalog {
  try {
    return readCatalog(catalog)
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}

/** With the tasks that make, change and delete them; what other domains keep of one goes with it. */
export function openInstances(base: Base, about: AboutInstances): Instances {
  const { config, undo, state, secrets, server, log, registry } = base
  const { acls, servers, tasks, schedules, catalog } = about
  const { host, mongoPort, tlsPort } = config
  const shownHost = publicHost(config)
  const proxies = proxiesOf(config)
  const ports = createPorts(registry, { host, shownHost, mongoPort, acls, proxies })
  const lifecycle = lifecycleOf({ registry, ports, tasks, secrets, catalog, host, server })
  const shards = shardsOf(registry)
  const stepdowns = stepdownsOf({ state, schedules })
  const compactions = compactionsOf(state, tasks)
  tasks.handle(COMPACTION, compactionHandler({ state, registry, shards, stepdowns }))
  tasks.handle(STEPDOWN, stepdownHandler({ state, registry, shards, compactions }))
  const refuses = ({ isFirst }: Instance) => config.quotas === 'refuse' && !isFirst
  const quotas = quotasOf({ registry, log, refuses })
  undo.push(() => quotas.stop())
  const connections = connectionsOf(registry, servers, { host, hasTls: tlsPort !== undefined })
  const control = { lifecycle, connections, catalog, quotas, compactions, stepdowns }
  handleInstanceTasks({ registry, ports, tasks, hooks: removalHooks({ ...about, ...control }) })
  return { control, ports }
}

/** What is done when an instance goes, one after the other. */
function removalHooks(domains: AboutInstances & InstanceControl): readonly RemovalHook[] {
  const { backups, clusterBackups, acls, aclSync, schedules, metrics } = domains
  const { compactions, stepdowns, quotas } = domains
  return [
    { beforeStop: backups.keepFinal, afterwards: backups.forget },
    { afterwards: clusterBackups.forget },
    { afterwards: acls.forget },
    { afterwards: aclSync.forget },
    { afterwards: ({ id }) => schedules.forget(id) },
    { afterwards: metrics.remove },
    { afterwards: compactions.forget },
    { afterwards: stepdowns.forget },
    { afterwards: async (instance) => quotas.forget(instance) },
  ]
}
