import type { Backup } from '../../control/backups/backup.js'
import type { Control } from '../../control/control.js'
import type { Family, Labels, Sample } from './exposition.js'

/** The backups of the instances that there are. */
export async function backupFamilies({ backups, instances }: Control): Promise<Family[]> {
  const accounts = [...new Set(instances.all().map(({ account }) => account))]
  const all = (await Promise.all(accounts.map((account) => backups.ofAccount(account)))).flat()
  const byInstance = new Map<string, Backup[]>()
  for (const backup of all) {
    if (!instances.byId(backup.instance)) continue
    byInstance.set(backup.instance, [...(byInstance.get(backup.instance) ?? []), backup])
  }
  const kept: Sample[] = []
  const latest: { readonly labels: Labels; readonly backup: Backup }[] = []
  for (const [id, own] of byInstance) {
    const labels = labelsOf(id, own[0], instances)
    for (const [state, value] of countsByState(own)) {
      kept.push({ labels: { ...labels, state }, value })
    }
    const complete = own.filter(({ state }) => state === 'complete')
    const [backup] = complete.sort((a, b) => finished(b) - finished(a))
    if (backup) latest.push({ labels, backup })
  }
  return [
    { name: 'gantry_backups', type: 'gauge', help: 'Backups that are kept', samples: kept },
    {
      name: 'gantry_backup_last_success_timestamp_seconds',
      type: 'gauge',
      help: 'When the latest complete backup was finished, in seconds since 1970',
      samples: latest.map(({ labels, backup }) => ({ labels, value: finished(backup) / 1000 })),
    },
    {
      name: 'gantry_backup_last_size_bytes',
      type: 'gauge',
      help: 'Size of the latest complete backup',
      samples: latest.map(({ labels, backup }) => ({ labels, value: backup.sizeBytes })),
    },
  ]
}

function labelsOf(id: string, { account, instanceName }: Backup, instances: Control['instances']) {
  const name = instances.byId(id)?.name ?? instanceName
  return { instance_name: name, instance_id: id, account }
}

function finished({ finishedMs, createdMs }: Backup): number {
  return finishedMs ?? createdMs
}

function countsByState(backups: readonly Backup[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { state } of backups) counts.set(state, (counts.get(state) ?? 0) + 1)
  return counts
}
