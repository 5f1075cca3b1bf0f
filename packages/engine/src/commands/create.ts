import { type Doc, decodeDocument, type Value, valuesEqual } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { cappedMaxArg, cappedSizeArg } from './capped-options.js'
import { checkClustered, clusteredIndexArg } from './clustered-index.js'
import { ownCollationArg } from './collation.js'
import { command } from './command.js'
import { checkIdIndex } from './id-index.js'
import { checkNewCollectionName } from './namespace.js'
import { pipelineArg } from './pipeline-arg.js'
import { preAndPostImagesArg } from './pre-images-option.js'
import { integer as asInteger } from './sizes.js'
import { indexOptionDefaultsArg, storageEngineArg } from './storage-engine-options.js'
import { checkValidator, validationActionArg, validationLevelArg } from './validator-options.js'
import { checkViewDefinition } from './view-definition.js'

const args = {
  create: arg.collectionName,
  capped: withDefault(optional(arg.bool), false),
  size: optional(cappedSizeArg),
  max: optional(cappedMaxArg),
  idIndex: optional(arg.document),
  viewOn: optional(arg.string),
  pipeline: optional(pipelineArg),
  validator: optional(arg.document),
  validationLevel: optional(validationLevelArg),
  validationAction: optional(validationActionArg),
  collation: ownCollationArg,
  storageEngine: optional(storageEngineArg),
  indexOptionDefaults: optional(indexOptionDefaultsArg),
  changeStreamPreAndPostImages: optional(preAndPostImagesArg),
  timeseries: optional(arg.document),
  clusteredIndex: clusteredIndexArg,
  expireAfterSeconds: optional(arg.any),
  encryptedFields: optional(arg.document),
  temp: withDefault(optional(arg.bool), false),
}

type Given = ArgsOf<typeof args>

/** Makes a collection or a view. Making one that is there already with the same options changes nothing. */
export const create = command({
  name: 'create',
  help: 'Makes a collection or a view',
  access: { action: 'createCollection', on: 'collection' },
  takesWriteConcern: true,
  args,
  async run(context, given) {
    const { catalog, db } = context
    const name = given.create
    checkNewCollectionName(db, name)
    refuseUnsupported(given)
    checkClustered(given)
    checkCombination(given)
    if (given.validator) checkValidator(context, name, given.validator)
    if (given.idIndex) checkIdIndex(given.idIndex)
    const options = optionsOf(given)
    await context.write((transaction) => {
      const existing = catalog.find(db, name)
      if (!existing) {
        if (given.viewOn !== undefined) {
          checkViewDefinition(context, name, {
            viewOn: given.viewOn,
            pipeline: options.get('pipeline') as Value[],
          })
        }
        catalog.create(transaction, db, name, options)
      } else if (!valuesEqual(existing.options, options)) {
        const kind = existing.options.has('viewOn') ? 'A view' : 'Collection'
        throw new CommandError(
          'NamespaceExists',
          `${kind} ${db}.${name} already exists with different options.`,
        )
      }
    })
    return {}
  },
})

const unsupported = ['timeseries', 'expireAfterSeconds', 'encryptedFields'] as const

function refuseUnsupported(given: Given): void {
  for (const option of unsupported) {
    if (given[option] === undefined) continue
    throw new CommandError('CommandNotSupported', `create with '${option}' is not supported`)
  }
  if (given.temp) throw new CommandError('InvalidOptions', "the 'temp' field is an invalid option")
}

function checkCombination(given: Given): void {
  const invalid = (message: string) => new CommandError('InvalidOptions', message)
  const { capped, size, max, viewOn, pipeline, idIndex } = given
  if (capped && size === undefined) {
    throw invalid("the 'size' field is required when 'capped' is true")
  }
  if (!capped && (size !== undefined || max !== undefined)) {
    throw invalid(
      "the 'capped' field needs to be true when either the 'size' or 'max' fields are present",
    )
  }
  if (pipeline && viewOn === undefined)
    throw invalid("'pipeline' requires 'viewOn' to also be specified")
  if (viewOn !== undefined && given.changeStreamPreAndPostImages?.enabled) {
    throw invalid('option not supported on a view: changeStreamPreAndPostImages')
  }
  if (idIndex && viewOn !== undefined) throw invalid("'idIndex' is not allowed with 'viewOn'")
}

/** The options as they are kept and listed, in MongoDB's order. With a view all others have no meaning. */
function optionsOf(given: Given): Doc {
  const options: Doc = new Map<string, Value>()
  if (given.viewOn !== undefined) {
    options.set('viewOn', given.viewOn)
    options.set('pipeline', given.pipeline ?? [])
    return options
  }
  if (given.clusteredIndex) options.set('clusteredIndex', given.clusteredIndex)
  if (given.capped) {
    options.set('capped', true)
    options.set('size', asInteger(given.size as number))
    if (given.max !== undefined && given.max > 0) options.set('max', asInteger(given.max))
  }
  if (given.changeStreamPreAndPostImages?.enabled) {
    options.set('changeStreamPreAndPostImages', new Map([['enabled', true]]))
  }
  for (const option of ['storageEngine', 'indexOptionDefaults'] as const) {
    const value = given[option]
    if (value && value.size > 0) options.set(option, value)
  }
  setValidation(options, given)
  return options
}

function setValidation(options: Doc, given: Given): void {
  const { validator, validationLevel, validationAction } = given
  if (validator) options.set('validator', decodeDocument(validator.buf, validator.at))
  if (validator || validationLevel) options.set('validationLevel', validationLevel ?? 'strict')
  if (validator || validationAction) options.set('validationAction', validationAction ?? 'error')
}
