/** Operators that MongoDB has and this engine refuses, each with the error MongoDB gives where it cannot serve them either. */
import { CommandError } from '../../errors.js'
import type { OperatorParser, TopLevelParser } from './operator.js'

/** What a server without a JavaScript engine answers. */
export const parseWhere: TopLevelParser = () => {
  throw new CommandError('BadValue', 'no globalScriptEngine in $where parsing')
}

/** What a collection without a text index answers. */
export const parseText: TopLevelParser = () => {
  throw new CommandError('IndexNotFound', 'text index required for $text query')
}

export function refuseGeo(name: string): OperatorParser {
  return () => {
    throw new CommandError('CommandNotSupported', `${name} is not supported: no geospatial queries`)
  }
}
