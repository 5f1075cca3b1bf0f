import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { AlertEventName } from '../alert-configs/alert-event.js'
import type { Candidate, Happening } from './candidates.js'
import {
  hostsBehind,
  hostsDown,
  hostsExposed,
  hostsRecovering,
  hostsRestarted,
} from './host-conditions.js'
import { outsideThreshold } from './metric-condition.js'
import { agentsDown, backupsBehind, backupsFailed, comingsAndGoings } from './other-conditions.js'
import type { Scene } from './scene.js'
import {
  clustersWithoutRouter,
  setsByMembers,
  setsElectingOften,
  setsThatElected,
  setsWithoutPrimary,
} from './set-conditions.js'

/** How it is found whether something is true, by event. */
export const conditions: {
  readonly [name in AlertEventName]?: (scene: Scene, config: AlertConfig) => Promise<Candidate[]>
} = {
  HOST_DOWN: hostsDown,
  HOST_RECOVERING: hostsRecovering,
  VERSION_BEHIND: hostsBehind,
  HOST_EXPOSED: hostsExposed,
  OUTSIDE_METRIC_THRESHOLD: outsideThreshold,
  NO_PRIMARY: setsWithoutPrimary,
  TOO_MANY_ELECTIONS: setsElectingOften,
  TOO_FEW_HEALTHY_MEMBERS: (scene, config) => setsByMembers(scene, config, 'healthy'),
  TOO_MANY_UNHEALTHY_MEMBERS: (scene, config) => setsByMembers(scene, config, 'unhealthy'),
  CLUSTER_MONGOS_IS_MISSING: clustersWithoutRouter,
  MONITORING_AGENT_DOWN: (scene) => agentsDown(scene, 'MONITORING'),
  AUTOMATION_AGENT_DOWN: (scene) => agentsDown(scene, 'AUTOMATION'),
  BACKUP_AGENT_DOWN: (scene) => agentsDown(scene, 'BACKUP'),
  BACKUP_JOB_FAILED: backupsFailed,
  OPLOG_BEHIND: backupsBehind,
  // Snapshots are whole ones, so that there is nothing to get out of step with.
  RESYNC_REQUIRED: async () => [],
}

/** How it is found whether something has happened, by event. */
export const happenings: {
  readonly [name in AlertEventName]?: (scene: Scene, config: AlertConfig) => Promise<Happening[]>
} = {
  HOST_RESTARTED: hostsRestarted,
  PRIMARY_ELECTED: setsThatElected,
  JOINED_GROUP: comingsAndGoings,
  REMOVED_FROM_GROUP: comingsAndGoings,
}
