import { type Doc, decodeDocument, type Value } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { cappedMaxArg, cappedSizeArg } from './capped-options.js'
import { checkUuid, uuidArg } from './collection-uuid.js'
import { type CommandContext, command } from './command.js'
import { changeIndex, indexChangeArg, indexToConvert } from './index-change.js'
import { checkCollectionName } from './namespace.js'
import { pipelineArg } from './pipeline-arg.js'
import { preAndPostImagesArg } from './pre-images-option.js'
import { integer } from './sizes.js'
import { checkConvertible, convertToUnique } from './unique-conversion.js'
import { checkValidator, validationActionArg, validationLevelArg } from './validator-options.js'
import { checkViewDefinition } from './view-definition.js'

const args = {
  collMod: arg.collectionName,
  collectionUUID: optional(uuidArg),
  index: optional(indexChangeArg),
  validator: optional(arg.document),
  validationLevel: optional(validationLevelArg),
  validationAction: optional(validationActionArg),
  viewOn: optional(arg.string),
  pipeline: optional(pipelineArg),
  cappedSize: optional(cappedSizeArg),
  cappedMax: optional(cappedMaxArg),
  changeStreamPreAndPostImages: optional(preAndPostImagesArg),
  expireAfterSeconds: optional(arg.any),
  timeseries: optional(arg.document),
  dryRun: withDefault(optional(arg.bool), false),
}

type Given = ArgsOf<typeof args>

/** Changes options of a collection or of one of its indexes, or the definition of a view. */
export const collMod = command({
  name: 'collMod',
  help: 'Changes options of a collection, an index or a view',
  access: { action: 'collMod', on: 'collection' },
  takesWriteConcern: true,
  args,
  async run(context, given) {
    const name = given.collMod
    checkCollectionName(context.db, name)
    checkUuid(context.catalog, context.db, name, given.collectionUUID)
    const collection = context.catalog.find(context.db, name)
    if (!collection) {
      throw new CommandError('NamespaceNotFound', `ns does not exist: ${context.db}.${name}`)
    }
    checkOptions(collection, given)
    if (given.validator) checkValidator(context, name, given.validator)
    const index = given.index && indexToConvert(collection, given.index)
    if (given.dryRun && given.index?.unique === undefined) {
      throw new CommandError(
        'InvalidOptions',
        'dryRun mode requires an index modification with unique: true',
      )
    }
    if (index) await checkConvertible(context, collection, index)
    if (given.dryRun) return {}
    const reply = await context.write((transaction) => change(context, transaction, name, given))
    if (!index) return reply
    await convertToUnique(context, collection, index)
    return { ...reply, unique_new: true }
  },
})

const onlyOnViews = ['viewOn', 'pipeline'] as const
const notOnViews = [
  'index',
  'validator',
  'validationLevel',
  'validationAction',
  'cappedSize',
  'cappedMax',
  'expireAfterSeconds',
  'timeseries',
] as const

function checkOptions(collection: Collection, given: Given): void {
  const invalid = (message: string) => new CommandError('InvalidOptions', message)
  const isView = collection.options.has('viewOn')
  for (const option of isView ? notOnViews : onlyOnViews) {
    if (given[option] === undefined) continue
    throw invalid(
      isView
        ? `option not supported on a view: ${option}`
        : `option only supported on a view: ${option}`,
    )
  }
  for (const option of ['expireAfterSeconds', 'timeseries'] as const) {
    if (given[option] === undefined) continue
    throw invalid(
      `'${option}' is only supported on time-series or clustered collections: ${collection.name}`,
    )
  }
  for (const option of ['cappedSize', 'cappedMax'] as const) {
    if (given[option] === undefined || collection.options.get('capped') === true) continue
    throw invalid(`Collection must be capped to change '${option}'.`)
  }
  if (isView && given.changeStreamPreAndPostImages?.enabled) {
    throw invalid('option not supported on a view: changeStreamPreAndPostImages')
  }
}

function change(
  context: CommandContext,
  transaction: WriteTransaction,
  name: string,
  given: Given,
): Reply {
  const { catalog, db } = context
  const collection = catalog.find(db, name)
  if (!collection) {
    throw new CommandError('NamespaceNotFound', `ns does not exist: ${db}.${name}`)
  }
  const reply = given.index ? changeIndex(context, transaction, collection, given.index) : {}
  const options = changedOptions(collection, given)
  if (collection.options.has('viewOn')) {
    checkViewDefinition(context, name, {
      viewOn: options.get('viewOn') as string,
      pipeline: options.get('pipeline') as Value[],
    })
  }
  catalog.setOptions(transaction, collection, options)
  return reply
}

function changedOptions({ options }: Collection, given: Given): Doc {
  const changed: Doc = new Map(options)
  const { validator, validationLevel, validationAction, viewOn, pipeline } = given
  if (viewOn !== undefined) changed.set('viewOn', viewOn)
  if (pipeline) changed.set('pipeline', pipeline)
  if (given.cappedSize !== undefined) changed.set('size', integer(given.cappedSize))
  if (given.cappedMax !== undefined) setMax(changed, given.cappedMax)
  if (given.changeStreamPreAndPostImages) setImages(changed, given.changeStreamPreAndPostImages)
  if (validator?.size === EMPTY) changed.delete('validator')
  else if (validator) changed.set('validator', decodeDocument(validator.buf, validator.at))
  if (validationLevel || (validator && !changed.has('validationLevel'))) {
    changed.set('validationLevel', validationLevel ?? 'strict')
  }
  if (validationAction || (validator && !changed.has('validationAction'))) {
    changed.set('validationAction', validationAction ?? 'error')
  }
  return changed
}

function setImages(options: Doc, { enabled }: { enabled: boolean }): void {
  if (enabled) options.set('changeStreamPreAndPostImages', new Map([['enabled', true]]))
  else options.delete('changeStreamPreAndPostImages')
}

/** Bytes of an empty document. */
const EMPTY = 5

function setMax(options: Doc, max: number): void {
  if (max > 0) options.set('max', integer(max))
  else options.delete('max')
}
