import {
  type Doc,
  decodeDocument,
  JsonError,
  parseJson,
  printCanonicalJson,
  type Value,
} from '@gantry/bson'
import { type CollectionDescription, DamagedDump } from './dump.js'

/** What mongodump writes of a collection beside its documents: canonical extended JSON on one line. */
export function metadataText(collection: CollectionDescription): string {
  const { options, indexes, uuid, name, type } = collection
  const metadata = new Map<string, Value>()
  if (options.size > 0) metadata.set('options', options)
  metadata.set('indexes', [...indexes])
  if (uuid) metadata.set('uuid', uuid.toString('hex'))
  metadata.set('collectionName', name)
  metadata.set('type', type)
  return printCanonicalJson(metadata)
}

/**
 * Reads what `metadataText` or any mongodump wrote. Old ones name no collection, no type and no
 * uuid; then what the file is called counts, and what the options are.
 */
export function readMetadata(
  text: Buffer,
  db: string,
  fallbackName: string,
): CollectionDescription {
  const metadata = parse(text, `${db}.${fallbackName}`)
  const options = metadata.get('options')
  const indexes = metadata.get('indexes')
  const uuid = metadata.get('uuid')
  const name = metadata.get('collectionName')
  const given = options instanceof Map ? options : new Map<string, Value>()
  return {
    db,
    name: typeof name === 'string' && name !== '' ? name : fallbackName,
    type: typeOf(metadata.get('type'), given),
    options: given,
    indexes: Array.isArray(indexes) ? indexes.filter((index) => index instanceof Map) : [],
    ...(typeof uuid === 'string' && uuid.length === 32 && { uuid: Buffer.from(uuid, 'hex') }),
  }
}

/** A collection of which a dump holds nothing but documents. */
export function withoutMetadata(db: string, name: string): CollectionDescription {
  return { db, name, type: 'collection', options: new Map(), indexes: [] }
}

function parse(text: Buffer, namespace: string): Doc {
  try {
    return decodeDocument(parseJson(text).buf)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new DamagedDump(`the metadata of ${namespace} cannot be read: ${error.message}`)
  }
}

function typeOf(type: Value | undefined, options: Doc): CollectionDescription['type'] {
  if (type === 'view' || options.has('viewOn')) return 'view'
  return type === 'timeseries' || options.has('timeseries') ? 'timeseries' : 'collection'
}
