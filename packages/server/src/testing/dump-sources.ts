import { type Doc, encodeDocument, type Value } from '@gantry/bson'
import type { CollectionDescription, Dump, DumpSource } from '../backups/dump.js'

export const docOf = (fields: Record<string, Value>): Doc => new Map(Object.entries(fields))

/** Documents by namespace, cut into chunks of two; `views` have none. */
export function sourceOf(
  documents: Readonly<Record<string, readonly Doc[]>>,
  views: readonly string[] = [],
  oplog?: readonly Doc[],
): DumpSource {
  const names = [...Object.keys(documents), ...views].map((ns) => ns.split('.', 2))
  const collections = names.map(([db, name]): CollectionDescription => {
    const isView = views.includes(`${db}.${name}`)
    const options = isView ? docOf({ viewOn: 'a', pipeline: [] }) : docOf({})
    return { db, name, type: isView ? 'view' : 'collection', options, indexes: [] }
  })
  return {
    serverVersion: '8.0.0',
    collections,
    documents: ({ db, name }) => chunksOf(documents[`${db}.${name}`]),
    ...(oplog && { oplog: () => chunksOf(oplog) }),
  }
}

async function* chunksOf(docs: readonly Doc[]) {
  for (let at = 0; at < docs.length; at += 2) {
    const chunk = docs.slice(at, at + 2).map((doc) => encodeDocument(doc))
    yield { bytes: Buffer.concat(chunk), count: chunk.length }
  }
}

/** What a dump holds: bytes as hexadecimal text and number of documents by namespace, with `oplog` for the oplog. */
export async function contentOf(dump: Dump): Promise<Record<string, [hex: string, count: number]>> {
  const content: Record<string, [string, number]> = {}
  for await (const { collection, chunk } of dump.parts()) {
    const key = collection ? `${collection.db}.${collection.name}` : 'oplog'
    const [hex, count] = content[key] ?? ['', 0]
    content[key] = [hex + (chunk?.bytes.toString('hex') ?? ''), count + (chunk?.count ?? 0)]
  }
  return content
}
