import { AppError } from '../../errors.js'
import type { RunningMongodb, ServiceDriver } from '../driver.js'
import { clusterLogs } from './cluster-logs.js'
import { clusterStatistics } from './cluster-statistics.js'
import { deploymentSource } from './deployment-source.js'
import { openRemote, type RemoteDeployment } from './remote.js'
import { restoreMongodb } from './restore-backup.js'
import { writeBackup } from './write-backup.js'

/**
 * A MongoDB of any topology that lives elsewhere. Its users connect to it by its own addresses,
 * and the one who has full rights is the one in the URI: nothing is made there to attach it.
 */
export const attachedMongodb: ServiceDriver<RunningMongodb> = {
  service: 'mongodb',
  mode: 'attached',
  ports: [],
  async check(spec) {
    const remote = await openRemote(uriIn(spec))
    await remote.close()
  },
  async start(spec) {
    return attachedTo(await openRemote(uriIn(spec)))
  },
}

/** A cluster that lives elsewhere, as a service that runs. */
export function attachedTo(deployment: RemoteDeployment): RunningMongodb {
  return {
    deployment,
    member: deployment.host,
    backup: async (files, options) =>
      writeBackup(await deploymentSource(deployment), files, options),
    restore: (files, options) => {
      // Whoever does it shall not lock itself out on the way.
      const { credentials } = deployment.client.options
      const keptUsers = credentials ? [`${credentials.source}.${credentials.username}`] : []
      return restoreMongodb(deployment, files, { ...options, keptUsers })
    },
    statistics: clusterStatistics({ deployment, member: deployment.host }),
    logs: (count) => clusterLogs({ deployment, member: deployment.host }, count),
    // Without a name of its own the shard has that of its set.
    addShard: async (shard) => void (await deployment.command('admin', { addShard: shard })),
    health: async () => void (await deployment.command('admin', { ping: 1 })),
    stop: deployment.close,
  }
}

function uriIn({ uri }: { readonly uri?: string }): string {
  if (uri !== undefined) return uri
  throw new AppError('invalid', 'an attached MongoDB needs the URI that leads to it')
}
