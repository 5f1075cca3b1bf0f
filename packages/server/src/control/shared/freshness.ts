import type { ChangeListener } from '../../services/mongodb/remote-changes.js'
import { aclTable } from '../acls/acl.js'
import { instances as instanceTable } from '../instances/instances.js'
import type { Log } from '../log.js'
import { servers as serverTable } from './servers.js'

/** Something that is kept in memory and can be read anew. */
export type Reload = () => Promise<void>

/**
 * Calls of `reload` that wait for nobody: while one runs, all further ones together make it
 * run once more. A failure is told, and the next call tries again.
 */
export function coalesced(reload: Reload, failed: (error: unknown) => void): () => void {
  let running = false
  let again = false

  async function run(): Promise<void> {
    running = true
    do {
      again = false
      await reload().catch(failed)
    } while (again)
    running = false
  }

  return () => {
    if (running) again = true
    else void run()
  }
}

export interface Kept {
  readonly instances: { reload(): Promise<void> }
  readonly acls: { reload(): Promise<void> }
  readonly servers: { reload(): Promise<void> }
  /** Of further collections. */
  readonly reloads: ReadonlyMap<string, Reload>
  readonly log: Pick<Log, 'warn'>
}

/** Reads anew what is kept in memory of a shared state, whenever that has changed. */
export function freshness({ instances, acls, servers, reloads: more, log }: Kept): ChangeListener {
  const failed = (error: unknown) => {
    log.warn({ err: error }, 'the shared state could not be read anew')
  }
  const reloads = new Map([
    [instanceTable.collection, coalesced(instances.reload, failed)],
    [aclTable.collection, coalesced(acls.reload, failed)],
    [serverTable.collection, coalesced(servers.reload, failed)],
    ...[...more].map(([name, reload]) => [name, coalesced(reload, failed)] as const),
  ])
  return {
    changed: (collection) => reloads.get(collection)?.(),
    missed() {
      for (const reload of reloads.values()) reload()
    },
    warn: (message) => log.warn({}, message),
  }
}
