import { decodeDocument, type RawValue } from '@gantry/bson'
import type { Command, Deployment } from '../deployment.js'

/** The bytes of entries that one command may take. */
const MOST_BYTES = 8 * 1024 * 1024

/** Fields of an entry that are about the replica set it comes from. */
const FOREIGN = ['ts', 't', 'h', 'wall', 'lsid', 'txnNumber', 'stmtId', 'prevOpTime', 'ui']

/** Goes through entries of an oplog in their order. Doing so again changes nothing. */
export async function applyOplog(
  deployment: Deployment,
  entries: readonly RawValue[],
): Promise<void> {
  let batch: Command[] = []
  let bytes = 0
  const flush = async () => {
    if (batch.length > 0) await deployment.command('admin', { applyOps: batch as never })
    batch = []
    bytes = 0
  }
  for (const { buf, at, size } of entries) {
    const entry = decodeDocument(buf, at)
    if (entry.get('op') === 'n') continue
    if (bytes + size > MOST_BYTES) await flush()
    for (const field of FOREIGN) entry.delete(field)
    batch.push(Object.fromEntries(entry) as Command)
    bytes += size
  }
  await flush()
}
