import type { GivenConfig } from './check-config.js'

/** Everybody in the group, after a while in which it may have passed, and then now and again. */
function toGroup(delayMin: number): Pick<GivenConfig, 'notifications'> {
  return {
    notifications: [{ typeName: 'GROUP', delayMin, intervalMin: 60, emailEnabled: true }],
  }
}

/** What a new group is told of, unless it wants to be told of nothing. */
export const defaultConfigs: readonly GivenConfig[] = [
  { eventTypeName: 'HOST_DOWN', enabled: true, ...toGroup(5) },
  { eventTypeName: 'NO_PRIMARY', enabled: true, ...toGroup(5) },
  {
    eventTypeName: 'OUTSIDE_METRIC_THRESHOLD',
    enabled: true,
    metricThreshold: {
      metricName: 'DISK_PARTITION_SPACE_PERCENT_USED',
      operator: 'GREATER_THAN',
      threshold: 90,
      units: 'RAW',
    },
    ...toGroup(5),
  },
  { eventTypeName: 'MONITORING_AGENT_DOWN', enabled: true, ...toGroup(5) },
  { eventTypeName: 'AUTOMATION_AGENT_DOWN', enabled: true, ...toGroup(5) },
  { eventTypeName: 'BACKUP_JOB_FAILED', enabled: true, ...toGroup(0) },
]
