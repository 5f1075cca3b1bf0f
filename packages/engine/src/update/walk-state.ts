import type { BsonWriter } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { ElementFilters } from './array-filters.js'
import type { UpdateRun } from './modifier.js'
import { type FieldsNode, resolvePositional } from './tree.js'

/** An application of an update's tree under way. */
export interface Walk extends UpdateRun {
  readonly writer: BsonWriter
  readonly filters: ElementFilters
  changed: boolean
}

/** The node with `$` replaced by the position that the query matched; throws when it matched none. */
export function resolve(walk: Walk, node: FieldsNode): FieldsNode {
  if (!node.positional) return node
  const index = walk.context.matchedIndex?.()
  if (index === undefined) {
    throw new CommandError(
      'BadValue',
      'The positional operator did not find the match needed from the query.',
    )
  }
  return resolvePositional(node, node.positional, index, walk.path)
}
