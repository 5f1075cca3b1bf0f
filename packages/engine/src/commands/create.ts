import { type Doc, type Value, valuesEqual } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'
import { checkNewCollectionName } from './namespace.js'

/** Makes a collection. */
export const create = command({
  name: 'create',
  help: 'Makes a collection',
  access: { action: 'createCollection', on: 'collection' },
  args: {
    create: arg.collectionName,
    capped: withDefault(arg.bool, false),
    size: optional(arg.number),
    max: optional(arg.number),
    autoIndexId: optional(arg.bool),
    idIndex: optional(arg.document),
    flags: optional(arg.long),
    viewOn: optional(arg.string),
    pipeline: optional(arg.array),
    validator: optional(arg.document),
    validationLevel: optional(arg.string),
    validationAction: optional(arg.string),
    collation: optional(arg.document),
    timeseries: optional(arg.document),
    clusteredIndex: optional(arg.any),
    expireAfterSeconds: optional(arg.any),
    changeStreamPreAndPostImages: optional(arg.document),
    storageEngine: optional(arg.document),
    indexOptionDefaults: optional(arg.document),
    temp: optional(arg.bool),
  },
  async run(context, args) {
    const { catalog, db } = context
    checkNewCollectionName(db, args.create)
    for (const option of unsupported) {
      if (args[option]) {
        throw new CommandError('CommandNotSupported', `create with '${option}' is not supported`)
      }
    }
    const options: Doc = new Map<string, Value>()
    await context.write((transaction) => {
      const existing = catalog.find(db, args.create)
      if (!existing) {
        catalog.create(transaction, db, args.create, options)
      } else if (!valuesEqual(existing.options, options)) {
        throw new CommandError('NamespaceExists', `Collection ${db}.${args.create} already exists.`)
      }
    })
    return {}
  },
})

const unsupported = [
  'capped',
  'viewOn',
  'pipeline',
  'validator',
  'collation',
  'timeseries',
  'clusteredIndex',
  'expireAfterSeconds',
  'changeStreamPreAndPostImages',
] as const
