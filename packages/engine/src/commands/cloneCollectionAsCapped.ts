import { BsonType, type Doc, readString, type Value } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { scanRecords } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import { copyValue } from '../storage/copy.js'
import { type Arg, wrongType } from './args.js'
import { requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { newSizeArg } from './convertToCapped.js'
import { existing } from './existing-collection.js'
import { checkCollectionName, checkNewCollectionName } from './namespace.js'
import { integer } from './sizes.js'
import { storeDocument } from './store-document.js'
import { notView } from './writable-collection.js'

const nameArg: Arg<string> = {
  read(value, field) {
    if (value.type !== BsonType.string) throw wrongType(field, value, 'string')
    return readString(value.buf, value.at)
  },
  missing: () => new CommandError('TypeMismatch', "'toCollection' must be a string"),
}

/** Copies a collection to a new, capped one: as many of its newest documents as fit, and no index but that on `_id`. */
export const cloneCollectionAsCapped = command({
  name: 'cloneCollectionAsCapped',
  help: 'Copies a collection to a capped one',
  access: { action: 'find', on: 'collection' },
  takesWriteConcern: true,
  takesAnything: true,
  args: { cloneCollectionAsCapped: nameArg, toCollection: nameArg, size: newSizeArg },
  async run(context, { cloneCollectionAsCapped: name, toCollection, size }) {
    const { catalog, db } = context
    for (const each of [name, toCollection]) {
      checkCollectionName(db, each)
      if (each.includes('$')) {
        throw new CommandError('InvalidNamespace', `Invalid collection name: ${each}`)
      }
    }
    const target = { db, collection: toCollection }
    for (const action of ['insert', 'createIndex', 'convertToCapped'] as const) {
      requireAction(context, action, target)
    }
    const source = existing(context, name)
    checkNewCollectionName(db, toCollection)
    const copy = await context.write((transaction) => {
      const taken = catalog.find(db, toCollection)
      if (taken) {
        notView(taken)
        throw new CommandError(
          'NamespaceExists',
          `cloneCollectionAsCapped failed - destination collection ${db}.${toCollection} already exists. source collection: ${name}`,
        )
      }
      const options: Doc = new Map<string, Value>([
        ['capped', true],
        ['size', integer(size)],
      ])
      return catalog.create(transaction, db, toCollection, options)
    })
    await copyAll(context, source, copy)
    return {}
  },
})

/** Documents copied in one go. */
const CHUNK = 256

async function copyAll(
  context: CommandContext,
  source: Collection,
  copy: Collection,
): Promise<void> {
  let after: number | undefined
  let more = true
  while (more) {
    await context.write((transaction) => {
      const from = context.catalog.findById(source.id)
      const to = context.catalog.findById(copy.id)
      const docs: Buffer[] = []
      more = false
      if (!from || !to) return
      scanRecords(transaction, from, { after }, (recordId, entry) => {
        docs.push(copyValue(entry))
        after = recordId
        more = docs.length === CHUNK
        return !more
      })
      for (const doc of docs) storeDocument(context, transaction, to, doc)
    })
    await context.breathe()
  }
}
