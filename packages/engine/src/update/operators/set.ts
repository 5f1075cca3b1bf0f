import type { RawValue } from '@gantry/bson'
import type { Modifier } from '../modifier.js'
import { depthOf, identical } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'

/** `$set` and `$setOnInsert`, which does nothing to a document that exists. */
function parseAssignment(operator: string, onlyInserting: boolean) {
  return (_path: UpdatePath, argument: RawValue): Modifier => ({
    kind: 'modifier',
    operator,
    update: (current, { context }) =>
      (onlyInserting && !context.inserting) || identical(current, argument) ? undefined : argument,
    create: ({ context }) => (onlyInserting && !context.inserting ? undefined : argument),
    creates: ({ context }) => !onlyInserting || context.inserting,
    blocked: 'ignore',
    depth: depthOf(argument),
  })
}

export const parseSet = parseAssignment('$set', false)
export const parseSetOnInsert = parseAssignment('$setOnInsert', true)
