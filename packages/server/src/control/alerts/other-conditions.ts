import type { AgentType } from '../agents/agent.js'
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { Backup } from '../backups/backup.js'
import { type Candidate, clusterDescribed, type Happening } from './candidates.js'
import type { Scene } from './scene.js'

const HOUR_MS = 3_600_000
/** What is older is not told any more, should nobody have been there to tell it. */
const DAY_MS = 24 * HOUR_MS

/** Agents of a type that have not been heard of for a while. */
export async function agentsDown(scene: Scene, type: AgentType): Promise<Candidate[]> {
  const { agents } = scene.sources
  return scene
    .agents()
    .filter((agent) => agent.type === type)
    .map((agent) => ({
      target: agent.id,
      subject: { name: agent.hostname, hostnameAndPort: agent.hostname },
      fields: { HOSTNAME: [agent.hostname], HOSTNAME_AND_PORT: [agent.hostname] },
      is: agents.isPresent(agent) ? 'false' : 'true',
    }))
}

type BackedUp = Awaited<ReturnType<Scene['backups']>>[number]

async function backupsThat(
  scene: Scene,
  test: (one: BackedUp) => Candidate['is'],
): Promise<Candidate[]> {
  const clusters = await scene.clusters()
  return (await scene.backups())
    .filter(({ schedule }) => schedule.enabled)
    .map((one) => {
      const { id, name } = one.instance
      const cluster = clusters.find((known) => known.id === id)
      const described = cluster
        ? clusterDescribed(cluster, clusters)
        : {
            target: id,
            subject: { name, clusterId: id, clusterName: name, instance: id },
            fields: {},
          }
      const { subject, fields } = described
      return {
        ...described,
        subject: { ...subject, sourceTypeName: sourceType(cluster?.kind) },
        fields: { ...fields, CLUSTER_NAME: [name] },
        is: test(one),
      }
    })
}

function sourceType(kind: string | undefined): string {
  return kind === 'SHARDED_REPLICA_SET' ? 'SHARDED_CLUSTER' : 'REPLICA_SET'
}

/** Instances whose latest backup has failed. */
export function backupsFailed(scene: Scene): Promise<Candidate[]> {
  return backupsThat(scene, ({ backups }) => {
    const latest = backups.find(({ state }) => state === 'complete' || state === 'failed')
    return latest?.state === 'failed' ? 'true' : 'false'
  })
}

/** Instances whose latest backup is so old that one or more must have been left out. */
export function backupsBehind(scene: Scene): Promise<Candidate[]> {
  const isComplete = ({ state }: Backup) => state === 'complete'
  return backupsThat(scene, ({ instance, schedule, backups }) => {
    const sinceMs = backups.find(isComplete)?.createdMs ?? instance.createdMs
    return scene.nowMs - sinceMs > 2 * schedule.everyHours * HOUR_MS ? 'true' : 'false'
  })
}

/** Who came into the project, or went, since a configuration is on. */
export async function comingsAndGoings(
  scene: Scene,
  { eventTypeName, enabledMs }: AlertConfig,
): Promise<Happening[]> {
  const events = await scene.events([eventTypeName], Math.max(enabledMs, scene.nowMs - DAY_MS))
  return events.map(({ id, createdMs, facts }) => ({
    once: `event ${id}`,
    atMs: createdMs,
    target: id,
    subject: { name: String(facts.targetUsername ?? 'somebody') },
    fields: {},
  }))
}
