import type { RawValue } from '@gantry/bson'
import type { Modifier } from '../modifier.js'
import { compareRaw, depthOf } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'

/** `$min` and `$max`: by MongoDB's order over all types. */
function parseExtreme(operator: '$min' | '$max', sign: 1 | -1) {
  return (_path: UpdatePath, argument: RawValue): Modifier => ({
    kind: 'modifier',
    operator,
    update: (current) => (compareRaw(argument, current) * sign < 0 ? argument : undefined),
    create: () => argument,
    creates: () => true,
    blocked: 'error',
    depth: depthOf(argument),
  })
}

export const parseMin = parseExtreme('$min', 1)
export const parseMax = parseExtreme('$max', -1)
