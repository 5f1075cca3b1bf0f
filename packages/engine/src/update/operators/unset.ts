import { createsNothing, type Modifier, REMOVED } from '../modifier.js'

const unset: Modifier = {
  kind: 'modifier',
  operator: '$unset',
  ...createsNothing,
  update: () => REMOVED,
  blocked: 'ignore',
}

/** Any argument will do. */
export function parseUnset(): Modifier {
  return unset
}
