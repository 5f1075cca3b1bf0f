/** Sections of `serverStatus` about the data and the replica set. */
import type { Reply } from '../../engine.js'
import type { CommandContext } from '../command.js'
import { helloReply } from '../hello-reply.js'

/** Collections of databases that are the server's own. */
const internalDatabases: ReadonlySet<string> = new Set(['admin', 'config', 'local'])

export function catalogStats({ plainCatalog }: CommandContext): Reply {
  const stats = {
    collections: 0,
    capped: 0,
    clustered: 0,
    timeseries: 0,
    views: 0,
    internalCollections: 0,
    internalViews: 0,
  }
  for (const db of plainCatalog.databases()) {
    const internal = internalDatabases.has(db)
    for (const { options } of plainCatalog.collections(db)) {
      if (options.has('viewOn')) stats[internal ? 'internalViews' : 'views']++
      else stats[internal ? 'internalCollections' : 'collections']++
      if (options.get('capped') === true) stats.capped++
      if (options.has('timeseries')) stats.timeseries++
      if (options.has('clusteredIndex')) stats.clustered++
    }
  }
  return stats
}

export function storageEngine(): Reply {
  return {
    name: 'lmdb',
    supportsCommittedReads: true,
    supportsPendingDrops: false,
    supportsSnapshotReadConcern: true,
    readOnly: false,
    persistent: true,
    backupCursorOpen: false,
  }
}

export function logicalSessionRecordCache({ logicalSessions }: CommandContext): Reply {
  return { activeSessionsCount: logicalSessions.size, sessionCatalogSize: logicalSessions.size }
}

const replFields = [
  'topologyVersion',
  'hosts',
  'setName',
  'setVersion',
  'isWritablePrimary',
  'secondary',
  'primary',
  'me',
  'electionId',
]

export function repl(context: CommandContext): Reply {
  const reply = helloReply(context, 'isWritablePrimary')
  return Object.fromEntries(replFields.map((name) => [name, reply[name]]))
}

/** Of a set of one member no reads are mirrored. */
export function mirroredReads(): Reply {
  return { seen: 0n, sent: 0n }
}
