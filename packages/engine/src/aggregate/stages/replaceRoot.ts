/** `$replaceRoot` and `$replaceWith`. */
import { encodeDocument } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { namedArguments } from '../operators/arguments.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  type Stage,
  type StageParser,
} from '../stage.js'
import { eachDocument } from '../stream.js'
import { typeName } from '../values.js'

export const replaceRoot: StageParser = (argument, context) => {
  const { newRoot } = namedArguments(argument, '$replaceRoot', ['newRoot'], {
    notDocument: 40229,
    unknown: 40415,
    missing: { newRoot: 40414 },
    messages: {
      notDocument: `expected an object as specification for $replaceRoot stage`,
      unknown: (field) => `BSON field '$replaceRoot.${field}' is an unknown field.`,
      missing: (field) => `BSON field '$replaceRoot.${field}' is missing but a required field`,
    },
  })
  return replacing(compileValue(newRoot as NonNullable<typeof newRoot>, context))
}

export const replaceWith: StageParser = (argument, context) =>
  replacing(compileValue(argument, context))

function replacing(value: DocumentValue): Stage {
  return {
    name: '$replaceRoot',
    open: (input) =>
      eachDocument(input, (doc) => {
        const root = value(doc, 0)
        if (root instanceof Map) return checkDocumentSize(encodeDocument(root))
        throw new CommandError(
          40228,
          `'newRoot' expression must evaluate to an object, but resulting value was of type: ${typeName(root)}`,
        )
      }),
  }
}
