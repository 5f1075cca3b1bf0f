import { type Doc, encodeValue, type RawValue } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { compileFilter } from '../query/compile.js'
import type { DocumentPredicate } from '../query/filter.js'
import { explainMismatch } from '../query/mismatch/explain.js'
import type { CommandContext } from './command.js'
import { expressionsFor } from './expressions.js'
import { idOf } from './identity.js'
import { readFilter } from './query-request.js'

interface Validator {
  /** The filter as it was given. */
  readonly given: RawValue
  readonly matches: DocumentPredicate
  /** Documents that were invalid before may stay so. */
  readonly moderate: boolean
}

/** By the options that they come from, which are a new map whenever they change; `undefined` where nothing is to be checked. */
const validators = new WeakMap<Doc, Validator | undefined>()

function validatorOf(context: CommandContext, { options }: Collection): Validator | undefined {
  if (validators.has(options)) return validators.get(options)
  const validator = compileValidator(context, options)
  validators.set(options, validator)
  return validator
}

function compileValidator(context: CommandContext, options: Doc): Validator | undefined {
  const given = options.get('validator')
  const level = options.get('validationLevel')
  if (!(given instanceof Map) || given.size === 0 || level === 'off') return undefined
  // A mere warning goes to the log of a server, not to the caller.
  if (options.get('validationAction') === 'warn') return undefined
  const raw = encodeValue(given)
  const matches = compileFilter(readFilter(context, raw))
  return { given: raw, matches, moderate: level === 'moderate' }
}

/** Throws DocumentValidationFailure when the collection's validator refuses a document; `before` is what it replaces. */
export function checkDocument(
  context: CommandContext,
  collection: Collection,
  doc: Buffer,
  before?: Buffer,
): void {
  if (collection.options.size === 0) return
  const validator = validatorOf(context, collection)
  if (!validator || validator.matches(doc, 0)) return
  if (before && validator.moderate && !validator.matches(before, 0)) return
  throw new CommandError('DocumentValidationFailure', 'Document failed validation', {
    errInfo: {
      failingDocumentId: idOf(doc),
      details: explainMismatch(validator.given, doc, { expression: expressionsFor(context).test }),
    },
  })
}

/** Whether the collection's validator, if it has one, lets a document be. */
export function isValid(
  context: CommandContext,
  collection: Collection,
  buf: Buffer,
  doc: number,
): boolean {
  return validatorOf(context, collection)?.matches(buf, doc) ?? true
}
