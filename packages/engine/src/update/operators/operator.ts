import type { RawValue } from '@gantry/bson'
import type { FilterContext } from '../../query/filter.js'
import type { Modifier } from '../modifier.js'
import type { UpdatePath } from '../update-path.js'

/** Reads what an operator is given for one path; throws when it makes no sense. */
export type ParseModifier = (
  path: UpdatePath,
  argument: RawValue,
  context: FilterContext,
) => Modifier
