import { BsonType } from '@gantry/bson'
import { type Arg, wrongType } from './args.js'
import { readDocument } from './read-args.js'

const fields = {
  enabled: {
    read(value, field) {
      if (value.type !== BsonType.bool) throw wrongType(field, value, 'bool')
      return value.buf[value.at] !== 0
    },
  } as Arg<boolean>,
}

/** Whether change streams shall be able to show documents as they were. */
export const preAndPostImagesArg: Arg<{ readonly enabled: boolean }> = {
  read(value, field) {
    if (value.type !== BsonType.object) throw wrongType(field, value, 'object')
    return readDocument(field, fields, value)
  },
}
