import {
  Binary,
  type Doc,
  decodeDocument,
  type RawValue,
  type Timestamp,
  type Value,
} from '@gantry/bson'
import type { Chunk, CollectionDescription } from '../../backups/dump.js'
import type { Deployment } from '../deployment.js'
import { type Dumpable, inDumpOrder, isDumped } from './dumped-collections.js'
import { oplogSince, startOfOplog } from './read-oplog.js'
import { serverVersionOf } from './server-version.js'

/**
 * What is to be dumped of a MongoDB that is reached by commands. Of a replica set the oplog
 * since the beginning belongs to it; a sharded cluster has none that would fit.
 */
export async function deploymentSource(deployment: Deployment): Promise<Dumpable> {
  const hello = decodeDocument(await deployment.command('admin', { hello: 1 }))
  const setName = hello.get('setName')
  // Before anything is read, so that whatever happens from now on is in there.
  const start = setName === undefined ? undefined : await startOfOplog(deployment)
  const collections: CollectionDescription[] = []
  let bytes = 0
  for (const db of await databasesOf(deployment)) {
    const found = await collectionsOf(deployment, db)
    if (found.length === 0) continue
    collections.push(...found)
    const stats = decodeDocument(await deployment.command(db, { dbStats: 1 }))
    bytes += numberOf(stats.get('dataSize'))
  }
  let last: Timestamp | undefined
  const seen = (ts: Timestamp) => {
    last = ts
  }
  const source = {
    serverVersion: await serverVersionOf(deployment),
    collections: inDumpOrder(collections),
    documents: ({ db, name }: CollectionDescription) =>
      chunksOf(deployment.batches(db, { find: name })),
    ...(start && { oplog: () => chunksOf(oplogSince(deployment, start, seen)) }),
  }
  const name = typeof setName === 'string' ? setName : 'cluster'
  const consistency = start ? 'oplog' : 'parts'
  return { source, bytes, consistency, name, lastChange: () => last }
}

async function databasesOf(deployment: Deployment): Promise<string[]> {
  const command = { listDatabases: 1, nameOnly: true }
  const databases = decodeDocument(await deployment.command('admin', command)).get('databases')
  return documentsIn(databases)
    .map((database) => String(database.get('name')))
    .filter((name) => name !== 'local' && name !== 'config')
}

async function collectionsOf(deployment: Deployment, db: string): Promise<CollectionDescription[]> {
  const found: CollectionDescription[] = []
  for await (const batch of deployment.batches(db, { listCollections: 1 })) {
    for (const { buf, at } of batch) {
      const listed = decodeDocument(buf, at)
      const described = describe(db, listed)
      if (isDumped(described)) found.push(described)
    }
  }
  return Promise.all(found.map((one) => withIndexes(deployment, one)))
}

function describe(db: string, listed: Doc): CollectionDescription {
  const options = listed.get('options')
  const info = listed.get('info')
  const uuid = info instanceof Map ? info.get('uuid') : undefined
  return {
    db,
    name: String(listed.get('name')),
    type: listed.get('type') as CollectionDescription['type'],
    options: options instanceof Map ? options : new Map(),
    indexes: [],
    ...(uuid instanceof Binary && { uuid: uuid.bytes }),
  }
}

async function withIndexes(
  deployment: Deployment,
  collection: CollectionDescription,
): Promise<CollectionDescription> {
  if (collection.type !== 'collection') return collection
  const indexes: Doc[] = []
  for await (const batch of deployment.batches(collection.db, { listIndexes: collection.name })) {
    indexes.push(...batch.map(({ buf, at }) => decodeDocument(buf, at)))
  }
  return { ...collection, indexes }
}

async function* chunksOf(batches: AsyncIterable<readonly RawValue[]>): AsyncGenerator<Chunk> {
  for await (const batch of batches) {
    const bytes = Buffer.concat(batch.map(({ buf, at, size }) => buf.subarray(at, at + size)))
    yield { bytes, count: batch.length }
  }
}

function documentsIn(value: Value | undefined): Doc[] {
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : []
}

function numberOf(value: Value | undefined): number {
  const number = typeof value === 'object' && value && 'value' in value ? value.value : value
  return typeof number === 'number' || typeof number === 'bigint' ? Number(number) : 0
}
