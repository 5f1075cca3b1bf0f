import type { Acls } from './acls/acls.js'
import { type Collections, collectionsOf } from './collections/collections.js'
import { type Databases, databasesOf } from './databases/databases.js'
import { type Documents, documentsOf } from './documents/documents.js'
import type { InstanceRegistry } from './instances/registry.js'
import { type Logs, logsOf } from './logs/logs.js'
import { type Profiles, profilesOf } from './profiles/profiles.js'
import type { State } from './state.js'
import { type Status, statusOf } from './status/status.js'

/** The domain, as all dialects act on it. */
export interface Control {
  readonly instances: InstanceRegistry
  readonly databases: Databases
  readonly collections: Collections
  readonly documents: Documents
  readonly acls: Acls
  readonly status: Status
  readonly profiles: Profiles
  readonly logs: Logs
  /** Rejects when the server's own state cannot be read. */
  health(): Promise<void>
}

export function controlOver(state: State, instances: InstanceRegistry, acls: Acls): Control {
  return {
    instances,
    databases: databasesOf(instances),
    collections: collectionsOf(instances),
    documents: documentsOf(instances),
    acls,
    status: statusOf(instances),
    profiles: profilesOf(instances),
    logs: logsOf(instances),
    health: () => state.health(),
  }
}
