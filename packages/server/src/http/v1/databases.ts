import { v1 } from '@gantry/api'
import { decodeDocument, type RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { checkDatabaseName } from './names.js'
import { route } from './route.js'

export const databaseRoutes = [
  route(v1.listDatabases, async ({ control, instance }) =>
    (await control.databases.list(instance)).map(({ name, stats }) => ({ name, stats })),
  ),
  route(v1.addDatabase, async ({ control, instance, params: { db }, doc, noted }) => {
    checkDatabaseName(db)
    const users = readUsers(doc)
    await control.databases.add(instance, db, users)
    noted.targetUsername = [...users.keys()].join(', ')
    return 'OK'
  }),
]

/** `{"USER":"PASSWORD"}`, one or more. */
function readUsers(doc: RawValue): Map<string, string> {
  const users = new Map<string, string>()
  for (const [user, password] of decodeDocument(doc.buf, doc.at)) {
    if (user === '' || typeof password !== 'string' || password === '') {
      throw new AppError('invalid', 'doc must map user names to passwords, all non-empty strings')
    }
    users.set(user, password)
  }
  if (users.size === 0) throw new AppError('invalid', 'doc must hold at least one user')
  return users
}
