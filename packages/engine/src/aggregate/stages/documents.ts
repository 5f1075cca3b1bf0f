import { encodeDocument } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { checkDocumentSize, compileValue, type StageParser } from '../stage.js'
import { streamOf } from '../stream.js'

const NO_DOCUMENT = Buffer.from([5, 0, 0, 0, 0])

/** The documents of an expression that gives an array of them. */
export const documents: StageParser = (argument, context) => {
  const value = compileValue(argument, context)
  return {
    name: '$documents',
    source: true,
    open: () => {
      const array = value(NO_DOCUMENT, 0)
      if (!Array.isArray(array)) {
        throw new CommandError(5858203, '$documents must evaluate to an array of objects')
      }
      return streamOf(
        array.map((item) => {
          if (item instanceof Map) return checkDocumentSize(encodeDocument(item))
          throw new CommandError(40228, '$documents must evaluate to an array of objects')
        }),
      )
    },
  }
}
