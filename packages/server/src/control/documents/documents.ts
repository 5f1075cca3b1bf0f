import {
  BsonType,
  BsonWriter,
  findElement,
  ObjectId,
  RawValue,
  skipCString,
  someElement,
  valueSize,
} from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { refuseJavaScript } from './javascript.js'

/** A collection in a database. */
export interface Namespace {
  readonly db: string
  readonly collection: string
}

const ID = Buffer.from('_id')
const DOLLAR = 0x24

/** The documents of MongoDB instances. No filter may hold JavaScript. */
export interface Documents {
  /**
   * Inserts a document, or replaces the one with its `_id`. Resolves with the document as
   * it is stored: `_id` first, made here when the document has none.
   */
  save(instance: Instance, namespace: Namespace, document: RawValue): Promise<RawValue>
  /** Resolves with all documents that match, in natural order; at most `limit` unless that is 0. */
  find(
    instance: Instance,
    namespace: Namespace,
    filter: RawValue,
    limit: number,
  ): Promise<AsyncIterable<readonly RawValue[]>>
  /**
   * Changes the first document that matches: operators are applied to it, anything else
   * takes its place under the same `_id`. Resolves with how many matched, 0 or 1.
   */
  update(instance: Instance, namespace: Namespace, filter: RawValue, set: RawValue): Promise<number>
  /** Deletes all documents that match and resolves with their number. */
  delete(instance: Instance, namespace: Namespace, filter: RawValue): Promise<number>
}

export function documentsOf({ mongodb }: InstanceRegistry): Documents {
  return {
    async save(instance, { db, collection }, document) {
      const deployment = await mongodb(instance)
      const idAt = findElement(document.buf, document.at, ID)
      if (idAt === -1) {
        const stored = withNewId(document)
        await deployment.insert(db, collection, stored)
        return stored
      }
      const stored = withIdFirst(document, idAt)
      const filter = { _id: { $eq: firstValue(stored) } }
      await deployment.update(db, collection, filter, stored, { upsert: true })
      return stored
    },
    async find(instance, { db, collection }, filter, limit) {
      refuseJavaScript(filter)
      const deployment = await mongodb(instance)
      return deployment.batches(db, { find: collection, filter, limit })
    },
    async update(instance, { db, collection }, filter, set) {
      refuseJavaScript(filter)
      refuseMixed(set)
      return (await mongodb(instance)).update(db, collection, filter, set)
    },
    async delete(instance, { db, collection }, filter) {
      refuseJavaScript(filter)
      return (await mongodb(instance)).delete(db, collection, filter)
    },
  }
}

function withNewId({ buf, at, size }: RawValue): RawValue {
  const idSize = 1 + ID.length + 1 + 12
  const stored = Buffer.allocUnsafe(size + idSize)
  stored.writeInt32LE(stored.length, 0)
  stored[4] = BsonType.objectId
  ID.copy(stored, 5)
  stored[8] = 0
  stored.set(new ObjectId().id, 9)
  buf.copy(stored, 4 + idSize, at + 4, at + size)
  return RawValue.document(stored)
}

function withIdFirst(document: RawValue, idAt: number): RawValue {
  const { buf, at, size } = document
  if (idAt === at + 4) return document
  const value = idAt + ID.length + 2
  const end = value + valueSize(buf, buf[idAt], value)
  const writer = new BsonWriter(size)
  const mark = writer.beginDocument()
  writer.bytes(buf, idAt, end - idAt)
  writer.bytes(buf, at + 4, idAt - at - 4)
  writer.bytes(buf, end, at + size - 1 - end)
  writer.end(mark)
  return RawValue.document(writer.take())
}

function firstValue({ buf, at }: RawValue): RawValue {
  const type = buf[at + 4]
  const value = skipCString(buf, at + 5)
  return new RawValue(buf, type, value, valueSize(buf, type, value))
}

function refuseMixed({ buf, at }: RawValue): void {
  let operators = 0
  let fields = 0
  someElement(buf, at, (_type, _value, nameAt) => {
    if (buf[nameAt] === DOLLAR) operators++
    else fields++
    return false
  })
  if (operators > 0 && fields > 0) {
    throw new AppError('invalid', 'set must hold either update operators or fields, not both')
  }
}
