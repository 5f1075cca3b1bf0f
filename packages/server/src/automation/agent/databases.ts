/** What is seen to inside the databases of a process: compatibility, indexes, space. */
import { createHash } from 'node:crypto'
import { type Doc, decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import type { RemoteDeployment } from '../../services/mongodb/remote.js'
import type { GoalIndex } from '../goal.js'
import { isArbiter, leads, setOf } from './goal-parts.js'
import { asAgent, uriOfProcess, uriOfWhole } from './reach.js'
import { NotYet, type Task } from './task.js'
import { wantedOf } from './wanted.js'

const CONFIRMED_SINCE = 7

/** Sets the feature compatibility version, or waits for the first member's agent to do so. The engine has one only. */
export async function setCompatibility(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const { featureCompatibilityVersion: wanted } = process
  if (!hold.record.launched?.isEngine && !isArbiter(goal, process)) {
    await asAgent(
      goal,
      (login) => uriOfWhole(goal, process, login),
      async (deployment) => {
        if ((await compatibilityOf(deployment)) === wanted) return
        if (!leads(goal, process)) throw new NotYet('the first member has not set the version')
        const confirm = Number.parseInt(hold.record.launched?.version ?? '', 10) >=
          CONFIRMED_SINCE && { confirm: true }
        await deployment.command('admin', { setFeatureCompatibilityVersion: wanted, ...confirm })
      },
    )
  }
  await hold.did({ compatibility: wantedOf(goal, process).state.compatibility })
}

async function compatibilityOf(deployment: RemoteDeployment): Promise<string> {
  const asked = { getParameter: 1, featureCompatibilityVersion: 1 }
  const reply = decodeDocument(await deployment.command('admin', asked))
  return String((reply.get('featureCompatibilityVersion') as Doc | undefined)?.get('version'))
}

/** Builds the indexes that have never been built. One that was removed since stays so. */
export async function buildIndexes(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const set = setOf(goal, process)
  const wanted = (goal.indexConfigs ?? []).filter(({ rsName }) => rsName === set?._id)
  for (const index of wanted) {
    const id = createHash('sha256').update(JSON.stringify(index)).digest('hex')
    const { indexes } = hold.record
    if (indexes.includes(id)) continue
    await asAgent(
      goal,
      (login) => uriOfWhole(goal, process, login),
      (deployment) => buildIndex(deployment, index),
    )
    await hold.save({ indexes: [...indexes, id] })
  }
  await hold.did({ indexes: wantedOf(goal, process).state.indexes })
}

async function buildIndex(deployment: RemoteDeployment, index: GoalIndex): Promise<void> {
  const { dbName, collectionName, key, options = {}, collation } = index
  const name = options.name ?? key.map(([field, type]) => `${field}_${type}`).join('_')
  const spec = {
    key: RawValue.document(
      encodeDocument(new Map(key.map(([field, type]) => [field, indexType(type)]))),
    ),
    ...options,
    ...(collation && { collation }),
    name,
  }
  await deployment.command(dbName, { createIndexes: collectionName, indexes: [spec as never] })
}

/** Gives back the space of what was removed, on this member alone. */
export async function compact({ goal, process, hold }: Task): Promise<void> {
  await asAgent(
    goal,
    (login) => uriOfProcess(goal, process, login),
    async (deployment) => {
      for (const db of await databasesOf(deployment)) {
        for (const name of await collectionsOf(deployment, db)) {
          await deployment.command(db, { compact: name })
        }
      }
    },
  )
  const { lastCompact } = process
  if (lastCompact !== undefined) await hold.did({ compact: lastCompact })
}

/** `local` holds what a member knows of itself. */
async function databasesOf(deployment: RemoteDeployment): Promise<string[]> {
  const asked = { listDatabases: 1, nameOnly: true }
  const reply = decodeDocument(await deployment.command('admin', asked))
  const databases = (reply.get('databases') ?? []) as Doc[]
  return databases.map((doc) => String(doc.get('name'))).filter((name) => name !== 'local')
}

async function collectionsOf(deployment: RemoteDeployment, db: string): Promise<string[]> {
  const names: string[] = []
  const asked = { listCollections: 1, filter: { type: 'collection' }, nameOnly: true }
  for await (const batch of deployment.batches(db, asked)) {
    names.push(...batch.map(({ buf, at }) => String(decodeDocument(buf, at).get('name'))))
  }
  return names.filter((name) => !name.startsWith('system.'))
}

/** Some clients have nothing but texts in the pairs of a key: `["name", "1"]`. */
function indexType(type: string | number): string | number {
  return typeof type === 'string' && /^-?\d+$/.test(type) ? Number(type) : type
}
