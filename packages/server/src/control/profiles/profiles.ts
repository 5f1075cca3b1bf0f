import type { RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { databaseNames, userDatabases } from '../databases/databases.js'
import { refuseJavaScript } from '../documents/javascript.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, numberOf } from '../reply.js'

/** 0: nothing is profiled; 1: what is slow; 2: everything. */
export type ProfilingLevel = 0 | 1 | 2

export interface ProfilingLevels {
  readonly byDatabase: ReadonlyMap<string, ProfilingLevel>
  /** Milliseconds from which on an operation is slow, in every database. */
  readonly slowMs: number
}

export interface ProfilingChange {
  readonly level: ProfilingLevel
  /** Missing: all databases. */
  readonly db?: string
  /** Missing: as it was. */
  readonly slowMs?: number
}

/** What the databases of MongoDB instances keep of their operations. */
export interface Profiles {
  /** The matching documents of `system.profile` of all databases, those of one database in order of time. */
  find(instance: Instance, filter: RawValue): AsyncIterable<readonly RawValue[]>
  levels(instance: Instance): Promise<ProfilingLevels>
  /** Resolves with the databases whose level was set. Rejects with `not_found` when the database does not exist. */
  setLevel(instance: Instance, change: ProfilingChange): Promise<string[]>
}

/** A level that leaves everything as it is. */
const AS_IT_IS = -1
const PROFILE = 'system.profile'

export function profilesOf({ mongodb }: InstanceRegistry): Profiles {
  return {
    async *find(instance, filter) {
      refuseJavaScript(filter)
      const deployment = await mongodb(instance)
      // A filter is checked where there is nothing to find, too.
      const names = new Set(['admin', ...(await databaseNames(deployment))])
      for (const name of names) {
        // To ask for the level is to wait until everything before is in the profile.
        await ask(deployment, name, { profile: AS_IT_IS })
        yield* deployment.batches(name, { find: PROFILE, filter })
      }
    },
    async levels(instance) {
      const deployment = await mongodb(instance)
      const byDatabase = new Map<string, ProfilingLevel>()
      for (const name of await userDatabases(deployment, instance)) {
        const { was } = await settings(deployment, name)
        byDatabase.set(name, was)
      }
      return { byDatabase, slowMs: (await settings(deployment, 'admin')).slowMs }
    },
    async setLevel(instance, { level, db, slowMs }) {
      const deployment = await mongodb(instance)
      const all = await userDatabases(deployment, instance)
      if (db !== undefined && !all.includes(db)) {
        throw new AppError('not_found', 'database not found')
      }
      if (slowMs !== undefined) {
        await deployment.command('admin', { profile: AS_IT_IS, slowms: slowMs })
      }
      const changed = db === undefined ? all : [db]
      for (const name of changed) await deployment.command(name, { profile: level })
      return changed
    },
  }
}

async function settings(deployment: Deployment, db: string) {
  const reply = await ask(deployment, db, { profile: AS_IT_IS })
  return {
    was: numberOf(reply.get('was')) as ProfilingLevel,
    slowMs: numberOf(reply.get('slowms')),
  }
}
