import { ObjectId } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import { idIn, type State, type Table } from '../state.js'

/** Which clouds the ACLs of an instance are to be kept in step with. Only kept: this server is in none. */
export interface AclSync {
  readonly aws: boolean
  readonly rackspace: boolean
}

interface Kept extends AclSync {
  /** The id of the instance. */
  readonly instance: string
}

export const aclSyncTable: Table<Kept> = {
  collection: 'aclSyncs',
  write: ({ instance, ...clouds }) => ({ _id: new ObjectId(instance), ...clouds }),
  read: (doc) => ({
    instance: idIn(doc, '_id'),
    aws: doc.get('aws') === true,
    rackspace: doc.get('rackspace') === true,
  }),
}

export interface AclSyncs {
  get(instance: Instance): Promise<AclSync>
  /** What is not given stays. */
  set(instance: Instance, change: { aws?: boolean; rackspace?: boolean }): Promise<AclSync>
  /** Deletes what is kept of an instance. */
  forget(instance: Pick<Instance, 'id'>): Promise<void>
}

export function aclSyncs(state: State): AclSyncs {
  async function get({ id }: Instance): Promise<Kept> {
    const [kept] = await state.list(aclSyncTable, { _id: new ObjectId(id) })
    return kept ?? { instance: id, aws: false, rackspace: false }
  }
  return {
    get,
    async set(instance, { aws, rackspace }) {
      const kept = await get(instance)
      const changed = { ...kept, aws: aws ?? kept.aws, rackspace: rackspace ?? kept.rackspace }
      await state.save(aclSyncTable, changed)
      return changed
    },
    async forget({ id }) {
      await state.delete(aclSyncTable, new ObjectId(id))
    },
  }
}
