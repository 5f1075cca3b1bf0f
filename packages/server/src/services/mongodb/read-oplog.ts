import { type Doc, decodeDocument, type RawValue, Timestamp } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { Command, Deployment } from '../deployment.js'

const OPLOG = 'oplog.rs'

/**
 * From where on the oplog is needed by who begins to read now: its end, or the begin of the
 * oldest transaction that is under way. Undefined when there is no oplog to be read.
 */
export async function startOfOplog(deployment: Deployment): Promise<Timestamp | undefined> {
  const latest = await entryAt(deployment, -1)
  if (!latest) return undefined
  const open = await first(deployment, 'config', {
    find: 'transactions',
    filter: { state: { $in: ['prepared', 'inProgress'] } },
    sort: { startOpTime: 1 },
    limit: 1,
  })
  const startOpTime = open?.get('startOpTime')
  const begun = startOpTime instanceof Map ? startOpTime.get('ts') : undefined
  return begun instanceof Timestamp ? begun : latest
}

/**
 * All entries from a point on until now, of which `told` gets the times; rejects when the oldest of
 * them are no longer there, or one cannot be gone through again.
 */
export async function* oplogSince(
  deployment: Deployment,
  start: Timestamp,
  told: (ts: Timestamp) => void = () => {},
): AsyncGenerator<readonly RawValue[]> {
  const end = await entryAt(deployment, -1)
  const filter = { ts: { $gte: start, $lte: end ?? start } }
  for await (const batch of deployment.batches('local', { find: OPLOG, filter })) {
    for (const { buf, at } of batch) {
      const entry = decodeDocument(buf, at)
      checkEntry(entry)
      const ts = entry.get('ts')
      if (ts instanceof Timestamp) told(ts)
    }
    yield batch
  }
  const oldest = await entryAt(deployment, 1)
  if (oldest && isAfter(oldest, start)) {
    throw new AppError(
      'unavailable',
      'the oplog no longer reaches back to the beginning of this backup: make it larger, or back up when less is written',
    )
  }
}

/** The time of the oldest entry (1) or the latest (-1). */
async function entryAt(deployment: Deployment, direction: 1 | -1): Promise<Timestamp | undefined> {
  const find = { find: OPLOG, sort: { $natural: direction }, limit: 1 }
  const ts = (await first(deployment, 'local', find))?.get('ts')
  return ts instanceof Timestamp ? ts : undefined
}

async function first(deployment: Deployment, db: string, find: Command): Promise<Doc | undefined> {
  try {
    for await (const [{ buf, at }] of deployment.batches(db, find)) return decodeDocument(buf, at)
  } catch (error) {
    // Whose user may not read it gets a backup all the same, only not from one moment.
    if (!isDatabaseError(error, 'Unauthorized')) throw error
  }
  return undefined
}

/** What mongodump does not take either: the collections would be restored under other names than the oplog says. */
function checkEntry(entry: Doc): void {
  const command = entry.get('o')
  if (!(command instanceof Map) || entry.get('op') !== 'c') return
  const what = ['renameCollection', 'importCollection'].find((name) => command.has(name))
  if (what === undefined) return
  const message = `a backup cannot go on while a collection is changed by ${what}; it is tried again with the next one`
  throw new AppError('conflict', message)
}

function isAfter(a: Timestamp, b: Timestamp): boolean {
  return a.t > b.t || (a.t === b.t && a.i > b.i)
}
