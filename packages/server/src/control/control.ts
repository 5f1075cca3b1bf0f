import { type Collections, collectionsOf } from './collections/collections.js'
import { type Databases, databasesOf } from './databases/databases.js'
import { type Documents, documentsOf } from './documents/documents.js'
import type { InstanceRegistry } from './instances/registry.js'
import type { State } from './state.js'

/** The domain, as all dialects act on it. */
export interface Control {
  readonly instances: InstanceRegistry
  readonly databases: Databases
  readonly collections: Collections
  readonly documents: Documents
  /** Rejects when the server's own state cannot be read. */
  health(): Promise<void>
}

export function controlOver(state: State, instances: InstanceRegistry): Control {
  return {
    instances,
    databases: databasesOf(instances),
    collections: collectionsOf(instances),
    documents: documentsOf(instances),
    health: () => state.health(),
  }
}
