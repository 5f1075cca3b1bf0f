import { Binary, encodeDocument } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { compileFilter } from '../query/compile.js'
import { arg, optional, withDefault } from './args.js'
import { isAllowed, requireAction } from './authorize.js'
import { firstBatch } from './batch.js'
import { type CommandContext, command } from './command.js'
import { cursorOptions, listSource } from './list-source.js'
import { readFilter } from './query-request.js'

/** The collections of a database. */
export const listCollections = command({
  name: 'listCollections',
  help: 'The collections of a database',
  access: 'authenticated',
  args: {
    listCollections: arg.any,
    filter: optional(arg.document),
    nameOnly: withDefault(arg.bool, false),
    authorizedCollections: optional(arg.bool),
    cursor: optional(arg.document),
  },
  run(context, { filter, nameOnly, authorizedCollections, cursor }) {
    const isShown = shownCollections(context, nameOnly && authorizedCollections === true)
    const matches = compileFilter(readFilter(context, filter))
    const docs = context.catalog
      .collections(context.db)
      .filter(isShown)
      .map(describe)
      .filter((doc) => matches(encodeDocument(doc), 0))
      .map((doc) => encodeDocument(nameOnly ? { name: doc.name, type: doc.type } : doc))
    return firstBatch(
      context,
      `${context.db}.$cmd.listCollections`,
      listSource(docs),
      cursorOptions(cursor),
    )
  },
})

function describe(collection: Collection) {
  const isView = collection.options.has('viewOn')
  return {
    name: collection.name,
    type: isView ? 'view' : 'collection',
    options: collection.options,
    info: isView ? { readOnly: true } : { readOnly: false, uuid: new Binary(collection.uuid, 4) },
    ...(!isView && { idIndex: collection.indexes[0].spec }),
  }
}

/** All collections for who may list them; when only names are asked for, those in which the caller may find something. */
function shownCollections(
  context: CommandContext,
  onlyAuthorized: boolean,
): (collection: Collection) => boolean {
  const { db } = context
  if (isAllowed(context, 'listCollections', { db })) return () => true
  if (!onlyAuthorized) requireAction(context, 'listCollections', { db })
  return ({ name }) => isAllowed(context, 'find', { db, collection: name })
}
