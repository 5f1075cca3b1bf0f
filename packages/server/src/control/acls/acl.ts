import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** Addresses that may connect to an instance. */
export interface Acl {
  readonly id: string
  /** The id of the instance. */
  readonly instance: string
  /** As it was given, host bits included: clients look for their own text. */
  readonly cidrMask: string
  readonly description: string
  /** What clients keep with it, a JSON object as text. */
  readonly metadata: string
  readonly createdMs: number
}

export const aclTable: Table<Acl> = {
  collection: 'acls',
  unique: [['instance', 'cidrMask']],
  write: ({ id, instance, createdMs, ...texts }) => ({
    _id: new ObjectId(id),
    instance: new ObjectId(instance),
    ...texts,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    instance: idIn(doc, 'instance'),
    cidrMask: textIn(doc, 'cidrMask'),
    description: textIn(doc, 'description'),
    metadata: doc.has('metadata') ? textIn(doc, 'metadata') : '{}',
    createdMs: timeIn(doc, 'created'),
  }),
}
