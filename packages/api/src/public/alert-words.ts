/** Words that alerts and their configurations are made of. */

/** `TRACKING`: true, but not for long enough to tell anybody. `CANCELLED`: what it was about is gone. */
export const alertStatuses = ['TRACKING', 'OPEN', 'CLOSED', 'CANCELLED'] as const

/** What a matcher can look at. */
export const matcherFieldNames = [
  'HOSTNAME',
  'PORT',
  'HOSTNAME_AND_PORT',
  'REPLICA_SET_NAME',
  'TYPE_NAME',
  'SHARD_NAME',
  'CLUSTER_NAME',
] as const

/** How a matcher compares. */
export const matcherOperators = [
  'EQUALS',
  'NOT_EQUALS',
  'CONTAINS',
  'NOT_CONTAINS',
  'STARTS_WITH',
  'ENDS_WITH',
  'REGEX',
] as const

/** On which side of a threshold it is that alerts. */
export const thresholdOperators = ['GREATER_THAN', 'LESS_THAN'] as const

/** What thresholds are given in. */
export const thresholdUnits = [
  'RAW',
  'BITS',
  'KILOBITS',
  'MEGABITS',
  'GIGABITS',
  'BYTES',
  'KILOBYTES',
  'MEGABYTES',
  'GIGABYTES',
  'TERABYTES',
  'PETABYTES',
  'MILLISECONDS',
  'SECONDS',
  'MINUTES',
  'HOURS',
  'DAYS',
] as const
