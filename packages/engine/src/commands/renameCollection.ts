import { BsonType, type RawValue } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { type Arg, type ArgsOf, arg, optional, wrongType } from './args.js'
import { requireAction } from './authorize.js'
import { checkUuid, uuidArg } from './collection-uuid.js'
import { type CommandContext, command } from './command.js'
import { checkCollectionName, checkDatabaseName } from './namespace.js'
import { notView } from './writable-collection.js'

/** Whether the target may be there and goes, or the uuid that it must have then. */
const dropTargetArg: Arg<boolean | Buffer> = {
  read(value: RawValue, field: string) {
    if (value.type === BsonType.bool) return value.buf[value.at] !== 0
    if (value.type === BsonType.binData) return uuidArg.read(value, field)
    throw wrongType(field, value, 'bool, binData')
  },
}

const args = {
  renameCollection: optional(arg.string),
  to: optional(arg.string),
  dropTarget: optional(dropTargetArg),
  stayTemp: optional(arg.bool),
  collectionUUID: optional(uuidArg),
}

/** Gives a collection another name, in another database too. */
export const renameCollection = command({
  name: 'renameCollection',
  help: 'Gives a collection another name',
  access: 'authenticated',
  adminOnly: true,
  takesWriteConcern: true,
  args,
  async run(context, given) {
    const from = namespaceIn('renameCollection', given.renameCollection)
    const to = namespaceIn('to', given.to)
    checkNames(from, to)
    requireRights(context, from, to, given)
    await context.write((transaction) => {
      const { source, target } = findBoth(context, from, to, given)
      if (target) context.catalog.drop(transaction, target)
      context.catalog.rename(transaction, source, to.db, to.name)
    })
    return {}
  },
})

interface Namespace {
  readonly db: string
  readonly name: string
}

function namespaceIn(field: string, namespace: string | undefined): Namespace {
  if (namespace === undefined) {
    throw new CommandError(
      'MissingFieldIDL',
      `BSON field 'renameCollection.${field}' is missing but a required field`,
    )
  }
  const dot = namespace.indexOf('.')
  if (dot === -1) {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${namespace}'`)
  }
  return { db: namespace.slice(0, dot), name: namespace.slice(dot + 1) }
}

/** Longest namespace, in bytes. */
const LONGEST = 255

function checkNames(from: Namespace, to: Namespace): void {
  for (const { db, name } of [from, to]) {
    if (db.includes('$') || name.includes('$')) throw illegal(`error with namespace: ${db}.${name}`)
    checkDatabaseName(db)
    checkCollectionName(db, name)
    if (Buffer.byteLength(`${db}.${name}`) > LONGEST) {
      throw illegal(`error with namespace: Fully qualified namespace is too long: ${db}.${name}`)
    }
    if (name.startsWith('system.')) {
      throw illegal(`renaming system collections is not allowed: ${db}.${name}`)
    }
    if (db === 'local' && /^oplog\../.test(name)) throw illegal("Can't rename to or from an oplog")
  }
  if (from.db === to.db && from.name === to.name) {
    throw illegal("Can't rename a collection to itself")
  }
}

function illegal(message: string): CommandError {
  return new CommandError('IllegalOperation', message)
}

function requireRights(
  context: CommandContext,
  from: Namespace,
  to: Namespace,
  { dropTarget }: ArgsOf<typeof args>,
): void {
  const source = { db: from.db, collection: from.name }
  const target = { db: to.db, collection: to.name }
  if (from.db === to.db) {
    requireAction(context, 'renameCollectionSameDB', { db: from.db })
  } else {
    requireAction(context, 'find', source)
    requireAction(context, 'dropCollection', source)
    requireAction(context, 'insert', target)
    requireAction(context, 'createIndex', target)
  }
  if (dropTarget) requireAction(context, 'dropCollection', target)
}

function findBoth(
  { catalog }: CommandContext,
  from: Namespace,
  to: Namespace,
  { dropTarget, collectionUUID }: ArgsOf<typeof args>,
): { source: Collection; target: Collection | undefined } {
  if (dropTarget instanceof Buffer) {
    if (from.db !== to.db) {
      throw new CommandError(
        'InvalidOptions',
        'The dropTarget UUID may not be given when renaming across databases',
      )
    }
    checkUuid(catalog, to.db, to.name, dropTarget)
  }
  checkUuid(catalog, from.db, from.name, collectionUUID)
  const source = catalog.find(from.db, from.name)
  if (!source) {
    throw new CommandError(
      'NamespaceNotFound',
      `Source collection ${from.db}.${from.name} does not exist`,
    )
  }
  notView(source)
  if (source.indexes.some(({ building }) => building)) {
    throw new CommandError(
      'BackgroundOperationInProgressForNamespace',
      `cannot rename ${from.db}.${from.name} while an index of it is being built`,
    )
  }
  const target = catalog.find(to.db, to.name)
  if (target?.options.has('viewOn')) {
    throw new CommandError(
      'NamespaceExists',
      `a view already exists with that name: ${to.db}.${to.name}`,
    )
  }
  if (target && !dropTarget) throw new CommandError('NamespaceExists', 'target namespace exists')
  return { source, target }
}
