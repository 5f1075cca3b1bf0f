import { DateTime, type Doc, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** Users of an organisation who have roles in its projects together. */
export interface Team extends Kept {
  readonly org: string
  /** Unique within its organisation. */
  readonly name: string
  /** Ids, in the order in which they came. */
  readonly users: readonly string[]
  /** Names of roles by the id of the project in which the members have them. */
  readonly roles: ReadonlyMap<string, readonly string[]>
}

export const teamTable: Table<Team> = {
  collection: 'teams',
  unique: [['org', 'name']],
  write: ({ id, org, name, users, roles, createdMs }) => ({
    _id: new ObjectId(id),
    org: new ObjectId(org),
    name,
    users: users.map((user) => new ObjectId(user)),
    roles: Object.fromEntries(roles),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    org: idIn(doc, 'org'),
    name: textIn(doc, 'name'),
    users: (doc.get('users') as ObjectId[]).map((user) => user.toHexString()),
    roles: doc.get('roles') as Doc as ReadonlyMap<string, readonly string[]>,
    createdMs: timeIn(doc, 'created'),
  }),
}
