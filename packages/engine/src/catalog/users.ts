import { randomBytes } from 'node:crypto'
import { type Doc, decodeDocument, encodeDocument, type Value } from '@gantry/bson'
import { type Directory, readDirectory, userKey } from '../auth/directory.js'
import { type Role, roleDocument, type User, userDocument } from '../auth/documents.js'
import type { RoleName } from '../auth/privilege.js'
import { roleKey } from '../auth/roles.js'
import { copyValue } from '../storage/copy.js'
import type { View } from '../storage/view.js'
import type { Catalog } from './catalog.js'
import type { Collection } from './collection.js'
import { insertRecord, removeRecord, replaceRecord, scanRecords } from './records.js'
import type { WriteTransaction } from './write-transaction.js'

/** The users and roles of an engine: documents of `admin.system.users` and `admin.system.roles`. */
export interface Users {
  /** All of them as they now are; a promise when they have changed and must be read first. */
  current(): Directory | Promise<Directory>
  /** Changes them in one write, which is undone when `work` throws; resolves when it is on disk. */
  edit<T>(work: (editor: UsersEditor) => T): Promise<T>
  /** Random bytes that stay the same over restarts and never leave the server. */
  readonly secret: Buffer
}

/** Open while an edit runs. What is put replaces what has the same name. */
export interface UsersEditor {
  /** Users and roles as they were before the edit. */
  readonly directory: Directory
  putUser(user: User): void
  removeUser(user: string, db: string): void
  putRole(role: Role): void
  removeRole(name: RoleName): void
}

const secretKey = Buffer.from('login-secret')

type Write = <T>(work: (transaction: WriteTransaction) => T) => Promise<T>

/** `write` runs a function in a transaction of its own. */
export async function openUsers(catalog: Catalog, write: Write): Promise<Users> {
  const secret = await write((transaction) => readSecret(transaction))
  let known = await read()

  /** In a write, because only there the documents are exactly what the counters in memory say. */
  function read(): Promise<KnownUsers> {
    return write((transaction) => readKnown(catalog, transaction))
  }

  async function refreshed(): Promise<Directory> {
    known = await read()
    return known.directory
  }

  return {
    secret,
    current: () => (isCurrent(catalog, known) ? known.directory : refreshed()),
    edit: (work) =>
      write((transaction) => {
        const { directory } = readKnown(catalog, transaction)
        return work(createEditor(catalog, transaction, directory))
      }),
  }
}

/** A directory, and by what to tell that it has not changed since it was read. */
interface KnownUsers {
  readonly directory: Directory
  readonly states: readonly CollectionState[]
}

interface CollectionState {
  readonly collection: Collection | undefined
  readonly changes: number
}

const collectionNames = ['system.users', 'system.roles'] as const

function readKnown(catalog: Catalog, view: View): KnownUsers {
  const collections = collectionNames.map((name) => catalog.find('admin', name))
  const [users, roles] = collections.map((collection) => readAll(view, collection))
  return {
    directory: readDirectory(users, roles),
    states: collections.map((collection) => ({ collection, changes: collection?.changes ?? 0 })),
  }
}

function isCurrent(catalog: Catalog, { states }: KnownUsers): boolean {
  for (let i = 0; i < collectionNames.length; i++) {
    const { collection, changes } = states[i]
    const now = catalog.find('admin', collectionNames[i])
    if (now !== collection || (now && now.changes !== changes)) return false
  }
  return true
}

function readAll(view: View, collection: Collection | undefined): Doc[] {
  const docs: Doc[] = []
  if (!collection) return docs
  scanRecords(view, collection, {}, (_recordId, entry) => {
    docs.push(decodeDocument(copyValue(entry)))
    return true
  })
  return docs
}

function readSecret(transaction: WriteTransaction): Buffer {
  const stored = transaction.get('catalog', secretKey)
  if (stored) return copyValue(stored)
  const secret = randomBytes(32)
  transaction.put('catalog', secretKey, secret)
  return secret
}

function createEditor(
  catalog: Catalog,
  transaction: WriteTransaction,
  directory: Directory,
): UsersEditor {
  return {
    directory,
    putUser: (user) => put(catalog, transaction, 'system.users', userDocument(user)),
    removeUser: (user, db) => remove(catalog, transaction, 'system.users', userKey(user, db)),
    putRole: (role) => put(catalog, transaction, 'system.roles', roleDocument(role)),
    removeRole: (name) => remove(catalog, transaction, 'system.roles', roleKey(name)),
  }
}

type CollectionName = (typeof collectionNames)[number]

function put(
  catalog: Catalog,
  transaction: WriteTransaction,
  name: CollectionName,
  doc: Doc,
): void {
  const collection = catalog.find('admin', name) ?? create(catalog, transaction, name)
  const bytes = encodeDocument(doc)
  const found = findById(transaction, collection, doc.get('_id') as string)
  if (found) replaceRecord(transaction, collection, found.recordId, found.bytes, bytes)
  else insertRecord(transaction, collection, bytes)
}

function remove(
  catalog: Catalog,
  transaction: WriteTransaction,
  name: CollectionName,
  id: string,
): void {
  const collection = catalog.find('admin', name)
  const found = collection && findById(transaction, collection, id)
  if (found) removeRecord(transaction, collection, found.recordId, found.bytes)
}

/** By reading them all: there are few, and edits are rare. */
function findById(view: View, collection: Collection, id: string) {
  let found: { recordId: number; bytes: Buffer } | undefined
  scanRecords(view, collection, {}, (recordId, entry) => {
    const bytes = copyValue(entry)
    if (decodeDocument(bytes).get('_id') === id) found = { recordId, bytes }
    return found === undefined
  })
  return found
}

function create(catalog: Catalog, transaction: WriteTransaction, name: CollectionName): Collection {
  const collection = catalog.create(transaction, 'admin', name)
  const first = name === 'system.users' ? 'user' : 'role'
  const spec: Doc = new Map<string, Value>([
    ['v', 2],
    [
      'key',
      new Map([
        [first, 1],
        ['db', 1],
      ]),
    ],
    ['name', `${first}_1_db_1`],
    ['unique', true],
  ])
  catalog.addIndex(transaction, collection, spec, false)
  return collection
}
