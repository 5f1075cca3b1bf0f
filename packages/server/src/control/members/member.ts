import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { type RoleAssignment, readRoles, writeRoles } from '../roles/roles.js'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** What the Public API knows of an account beside what the account itself holds. */
export interface Membership extends Kept {
  /** Both undefined: the account's one name says it. */
  readonly firstName?: string
  readonly lastName?: string
  readonly country?: string
  readonly mobileNumber?: string
  readonly roles: readonly RoleAssignment[]
}

/**
 * A user of the Public API, which is an account: `id` is the same, and `username` its login. Its roles
 * are those of its own, without those of its teams.
 */
export interface Member extends Membership {
  readonly username: string
  readonly emailAddress: string
  readonly firstName: string
  readonly lastName: string
  readonly teamIds: readonly string[]
}

const texts = ['firstName', 'lastName', 'country', 'mobileNumber'] as const

export const membershipTable: Table<Membership> = {
  collection: 'memberships',
  write: ({ id, roles, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    ...rest,
    roles: writeRoles(roles),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    ...Object.fromEntries(
      texts.filter((field) => doc.has(field)).map((field) => [field, textIn(doc, field)]),
    ),
    roles: readRoles(doc),
    createdMs: timeIn(doc, 'created'),
  }),
}
