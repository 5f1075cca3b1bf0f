import type { RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
import { requireAction } from './authorize.js'
import type { BulkOperation } from './bulk-operations.js'
import { checkUuid, uuidArg } from './collection-uuid.js'
import type { CommandContext } from './command.js'
import { checkDatabaseName, checkNewCollectionName } from './namespace.js'
import { readDocument } from './read-args.js'

/** Where operations of a `bulkWrite` go. */
export interface BulkNamespace {
  /** The command's context, on the namespace's own database. */
  readonly context: CommandContext
  readonly collection: string
  readonly uuid: Buffer | undefined
}

const namespaceArgs = { ns: arg.string, collectionUUID: optional(uuidArg) }

/** Reads the namespaces of a `bulkWrite`, in their order. */
export function readBulkNamespaces(
  context: CommandContext,
  nsInfo: readonly RawValue[],
): BulkNamespace[] {
  const seen = new Set<string>()
  return nsInfo.map((info) => {
    const { ns, collectionUUID } = readDocument('bulkWrite.nsInfo', namespaceArgs, info)
    if (seen.has(ns)) {
      throw new CommandError('BadValue', `nsInfo contains duplicate namespace: ${ns}`)
    }
    seen.add(ns)
    const dot = ns.indexOf('.')
    if (dot < 1 || dot === ns.length - 1) {
      throw new CommandError(
        'InvalidNamespace',
        `Invalid namespace specified for bulkWrite: '${ns}'`,
      )
    }
    const db = ns.slice(0, dot)
    const collection = ns.slice(dot + 1)
    checkDatabaseName(db)
    checkNewCollectionName(db, collection)
    return { context: { ...context, db }, collection, uuid: collectionUUID }
  })
}

/** The namespace of the operation at an index; the caller must be allowed to do there what it asks for. */
export function namespaceOf(
  namespaces: readonly BulkNamespace[],
  operation: BulkOperation,
  index: number,
): BulkNamespace {
  const namespace = namespaces[operation.target]
  if (!namespace) {
    throw new CommandError('BadValue', `BulkWrite ops entry ${index} has an invalid nsInfo index.`)
  }
  const { context, collection } = namespace
  const target = { db: context.db, collection }
  const action = operation.kind === 'delete' ? 'remove' : operation.kind
  requireAction(context, action, target)
  if (operation.kind === 'update' && operation.args.upsert) requireAction(context, 'insert', target)
  return namespace
}

/** Throws when the caller means another collection than the one of that name. */
export function checkNamespaceUuid({ context, collection, uuid }: BulkNamespace): void {
  checkUuid(context.catalog, context.db, collection, uuid)
}
