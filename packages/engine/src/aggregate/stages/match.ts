import { CommandError } from '../../errors.js'
import { compileFilter } from '../../query/compile.js'
import type { Filter } from '../../query/filter.js'
import { parseFilter } from '../../query/parse.js'
import { isDocument } from '../raw-fields.js'
import { filterContext, type Stage, type StageParser } from '../stage.js'
import { eachDocument } from '../stream.js'

export const match: StageParser = (argument, context) => {
  if (!isDocument(argument)) {
    throw new CommandError(15959, 'the match filter must be an expression in an object')
  }
  return filterStage(parseFilter(argument.buf, argument.at, filterContext(context)))
}

/** A stage that lets through what matches a filter. */
export function filterStage(filter: Filter): Stage {
  const matches = compileFilter(filter)
  return {
    name: '$match',
    filter,
    changes: new Set(),
    open: (input) => eachDocument(input, (doc) => (matches(doc, 0) ? doc : undefined)),
  }
}
