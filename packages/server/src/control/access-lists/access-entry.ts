import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, numberIn, type Table, textIn, timeIn } from '../state.js'

/** Addresses from where a key may be used. */
export interface AccessEntry extends Kept {
  /** The id of a programmatic key, or of a user, whose personal keys it is for. */
  readonly owner: string
  /** With `/32` or `/128` when it is one address. */
  readonly cidrBlock: string
  readonly comment?: string
  /** Calls that came from there. */
  readonly count: number
  readonly lastUsedMs?: number
  readonly lastUsedAddress?: string
}

export const accessTable: Table<AccessEntry> = {
  collection: 'accessLists',
  unique: [['owner', 'cidrBlock']],
  write: ({ id, owner, createdMs, lastUsedMs, ...rest }) => ({
    _id: new ObjectId(id),
    owner: new ObjectId(owner),
    ...rest,
    ...(lastUsedMs !== undefined && { lastUsed: DateTime.fromMs(lastUsedMs) }),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    owner: idIn(doc, 'owner'),
    cidrBlock: textIn(doc, 'cidrBlock'),
    ...(doc.has('comment') && { comment: textIn(doc, 'comment') }),
    count: numberIn(doc, 'count'),
    ...(doc.has('lastUsed') && { lastUsedMs: timeIn(doc, 'lastUsed') }),
    ...(doc.has('lastUsedAddress') && { lastUsedAddress: textIn(doc, 'lastUsedAddress') }),
    createdMs: timeIn(doc, 'created'),
  }),
}
