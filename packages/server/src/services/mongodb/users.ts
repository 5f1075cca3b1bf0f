import { decodeDocument } from '@gantry/bson'
import { isDatabaseError } from '../../errors.js'
import type { Deployment } from '../deployment.js'

/** A user of a MongoDB database, with the one role it gets when it is made. */
export interface DatabaseUser {
  readonly db: string
  readonly name: string
  readonly password: string
  readonly role: string
}

/** MongoDB has no name for the error that says "User … already exists". */
const USER_EXISTS = 'Location51003'

/** Makes a user; one who exists gets the password and keeps the roles. */
export async function saveUser(deployment: Deployment, user: DatabaseUser): Promise<void> {
  try {
    await create(deployment, user)
  } catch (error) {
    if (!isDatabaseError(error, USER_EXISTS)) throw error
    const { db, name, password } = user
    await deployment.command(db, { updateUser: name, pwd: password })
  }
}

/** Makes a user when there is none of this name; one who exists stays as it is. */
export async function ensureUser(deployment: Deployment, user: DatabaseUser): Promise<void> {
  // Asked first, as to hash a password only to be told that nobody needs it takes time.
  const reply = await deployment.command(user.db, { usersInfo: user.name })
  const users = decodeDocument(reply).get('users')
  if (Array.isArray(users) && users.length === 0) await create(deployment, user)
}

async function create(deployment: Deployment, { db, name, password, role }: DatabaseUser) {
  const roles = [{ role, db }]
  await deployment.command(db, { createUser: name, pwd: password, roles })
}
