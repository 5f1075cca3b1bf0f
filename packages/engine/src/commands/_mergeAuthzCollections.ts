import { type Doc, decodeDocument } from '@gantry/bson'
import { readRole, readUser } from '../auth/documents.js'
import { scanRecords } from '../catalog/records.js'
import type { UsersEditor } from '../catalog/users.js'
import { CommandError } from '../errors.js'
import { copyValue } from '../storage/copy.js'
import { arg, withDefault } from './args.js'
import { requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'

/**
 * Takes over users and roles that were put into collections before, as mongorestore does; with
 * `drop`, those that are not among them go.
 */
export const _mergeAuthzCollections = command({
  name: '_mergeAuthzCollections',
  help: 'Takes over users and roles from a restored dump',
  access: 'authenticated',
  adminOnly: true,
  takesWriteConcern: true,
  args: {
    _mergeAuthzCollections: arg.any,
    tempUsersCollection: withDefault(arg.string, ''),
    tempRolesCollection: withDefault(arg.string, ''),
    db: withDefault(arg.string, ''),
    drop: withDefault(arg.bool, false),
  },
  async run(context, { tempUsersCollection, tempRolesCollection, db, drop }) {
    for (const action of [
      'createUser',
      'createRole',
      'grantRole',
      'dropUser',
      'dropRole',
    ] as const) {
      requireAction(context, action, { db: 'admin' })
    }
    const isMeant = (principal: { readonly db: string }) => db === '' || principal.db === db
    const users = documentsOf(context, tempUsersCollection)?.map(readUser).filter(isMeant)
    const roles = documentsOf(context, tempRolesCollection)?.map(readRole).filter(isMeant)
    checkNames(users?.map(({ user, db }) => `${user}${db && '@'}${db}`) ?? [])
    checkNames(roles?.map(({ role, db }) => `${role}${db && '@'}${db}`) ?? [])
    await context.users.edit((editor) => {
      if (users) mergeUsers(editor, users, drop ? isMeant : () => false)
      if (roles) mergeRoles(editor, roles, drop ? isMeant : () => false)
    })
    return {}
  },
})

/** Undefined when no collection was named; none when it is not there. */
function documentsOf({ catalog, view }: CommandContext, namespace: string): Doc[] | undefined {
  if (namespace === '') return undefined
  const dot = namespace.indexOf('.')
  const collection = catalog.find(namespace.slice(0, dot), namespace.slice(dot + 1))
  const docs: Doc[] = []
  if (!collection) return docs
  scanRecords(view, collection, {}, (_recordId, entry) => {
    docs.push(decodeDocument(copyValue(entry)))
    return true
  })
  return docs
}

function checkNames(names: readonly string[]): void {
  if (names.every((name) => /.@./.test(name))) return
  throw new CommandError('BadValue', 'there is a user or role without a name or a database')
}

type Test = (principal: { readonly db: string }) => boolean

function mergeUsers(
  { directory, putUser, removeUser }: UsersEditor,
  users: readonly ReturnType<typeof readUser>[],
  mayGo: Test,
): void {
  for (const there of directory.users()) {
    const stays = users.some(({ user, db }) => user === there.user && db === there.db)
    if (!stays && mayGo(there)) removeUser(there.user, there.db)
  }
  for (const user of users) putUser(user)
}

function mergeRoles(
  { directory, putRole, removeRole }: UsersEditor,
  roles: readonly ReturnType<typeof readRole>[],
  mayGo: Test,
): void {
  for (const there of directory.roles()) {
    const stays = roles.some(({ role, db }) => role === there.role && db === there.db)
    if (!stays && mayGo(there)) removeRole(there)
  }
  for (const role of roles) putRole(role)
}
