import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** Somebody shall come into an organisation or a project, who has not said yes yet. */
export interface Invitation extends Kept {
  /** The organisation, or the project. */
  readonly scope: string
  readonly kind: 'org' | 'group'
  /** The e-mail address that is, or will be, the name of the user. */
  readonly username: string
  readonly inviterUsername: string
  /** Names of roles in the organisation or project. */
  readonly roles: readonly string[]
  /** Teams of the organisation. */
  readonly teamIds: readonly string[]
  /** `lookupHash` of what it is accepted with. */
  readonly tokenHash: string
  readonly expiresMs: number
}

export const invitationTable: Table<Invitation> = {
  collection: 'invitations',
  unique: [['scope', 'username'], ['tokenHash']],
  write: ({ id, scope, roles, teamIds, createdMs, expiresMs, kind, ...texts }) => ({
    _id: new ObjectId(id),
    scope: new ObjectId(scope),
    kind: kind as string,
    ...texts,
    roles,
    teamIds,
    created: DateTime.fromMs(createdMs),
    expires: DateTime.fromMs(expiresMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    scope: idIn(doc, 'scope'),
    kind: textIn(doc, 'kind') as Invitation['kind'],
    username: textIn(doc, 'username'),
    inviterUsername: textIn(doc, 'inviterUsername'),
    roles: textsIn(doc, 'roles'),
    teamIds: textsIn(doc, 'teamIds'),
    tokenHash: textIn(doc, 'tokenHash'),
    createdMs: timeIn(doc, 'created'),
    expiresMs: timeIn(doc, 'expires'),
  }),
}
