import { BsonType, type Doc, decodeDocument } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, elementsOf, wrongType } from './args.js'

/** More stages are too many, for a view as for an aggregation. */
const MOST_STAGES = 1000

/** The stages of a view. Nulls among them are left out. */
export const pipelineArg: Arg<Doc[]> = {
  read(value, field) {
    if (value.type !== BsonType.array) throw wrongType(field, value, 'array')
    const stages = elementsOf(value)
      .filter(({ type }) => type !== BsonType.null)
      .map((stage, i) => {
        if (stage.type !== BsonType.object) throw wrongType(`${field}.${i}`, stage, 'object')
        return decodeDocument(stage.buf, stage.at)
      })
    for (const stage of stages) checkShape(stage)
    if (stages.length > MOST_STAGES) {
      throw new CommandError(
        7749501,
        `Pipeline length must be no longer than ${MOST_STAGES} stages.`,
      )
    }
    return stages
  },
}

function checkShape(stage: Doc): void {
  if (stage.size === 1) return
  throw new CommandError(
    40323,
    'A pipeline stage specification object must contain exactly one field.',
  )
}
