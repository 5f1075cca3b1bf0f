import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** What hosts and clusters belong to; a group, as URLs of the Public API say. */
export interface Project extends Kept {
  /** Unique within its organisation. */
  readonly name: string
  readonly org: string
  readonly tags: readonly string[]
  /** The account whose instances are seen here; undefined: none. */
  readonly account?: string
}

export const projectTable: Table<Project> = {
  collection: 'projects',
  unique: [['org', 'name']],
  write: ({ id, name, org, tags, account, createdMs }) => ({
    _id: new ObjectId(id),
    name,
    org: new ObjectId(org),
    tags,
    ...(account !== undefined && { account: new ObjectId(account) }),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    name: textIn(doc, 'name'),
    org: idIn(doc, 'org'),
    tags: textsIn(doc, 'tags'),
    ...(doc.has('account') && { account: idIn(doc, 'account') }),
    createdMs: timeIn(doc, 'created'),
  }),
}
