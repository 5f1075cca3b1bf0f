import { BsonType, type Doc, decodeDocument, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, optional, wrongType } from './args.js'
import { readDocument } from './read-args.js'

/**
 * Options for MongoDB's own storage engine. They mean nothing here and are kept for the
 * sake of dumps that come back; settings in them would be ignored, so there may be none.
 */
export const storageEngineArg: Arg<Doc> = {
  read(value, field) {
    if (value.type !== BsonType.object) throw wrongType(field, value, 'object')
    const engines = decodeDocument(value.buf, value.at)
    for (const [engine, options] of engines) checkEngine(field, engine, options)
    return engines
  },
}

export const indexOptionDefaultsArg: Arg<Doc> = {
  read(value, field) {
    if (value.type !== BsonType.object) throw wrongType(field, value, 'object')
    readDocument(field, { storageEngine: optional(storageEngineArg) }, value)
    return decodeDocument(value.buf, value.at)
  },
}

function checkEngine(field: string, engine: string, options: Value): void {
  if (engine !== 'wiredTiger') {
    throw new CommandError(
      'InvalidOptions',
      `${engine} is not a registered storage engine for this server`,
    )
  }
  if (!(options instanceof Map)) {
    throw new CommandError('BadValue', `'${field}.${engine}' has to be an embedded document.`)
  }
  for (const [name, setting] of options) {
    if (name !== 'configString') {
      throw new CommandError(
        'InvalidOptions',
        `'${name}' is not a supported option in storageEngine.wiredTiger`,
      )
    }
    if (typeof setting !== 'string') {
      throw new CommandError('TypeMismatch', `'configString' must be a string`)
    }
    if (setting.includes('\0')) {
      throw new CommandError('FailedToParse', `'configString' has a null character in it`)
    }
    if (setting !== '') {
      throw new CommandError(
        'BadValue',
        `'${field}' has settings that are not supported: ${setting}`,
      )
    }
  }
}
