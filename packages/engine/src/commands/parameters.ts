import { BsonType, isNumericType, type RawValue, type Writable } from '@gantry/bson'
import { mechanismParameters, mechanisms } from '../auth/credential.js'
import { CommandError } from '../errors.js'
import { SESSION_TIMEOUT_MINUTES } from '../sessions/logical-session.js'
import { isTrue } from './args.js'
import type { CommandContext } from './command.js'
import { readComponentVerbosity, showComponentVerbosity } from './log-verbosity.js'
import { toNumber } from './long.js'
import { SERVER_VERSION } from './server-identity.js'

/** A setting of the server that `getParameter` shows and, where it can be changed, `setParameter` sets. */
export interface Parameter {
  get(context: CommandContext): Writable
  /** Checks a new value, and answers what puts it into effect. Without it the value is fixed. */
  prepare?(context: CommandContext, value: RawValue): () => void
}

/** Every parameter that there is. None outlives the process, and none is set when it starts. */
export const parameters: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  [
    'allowDiskUseByDefault',
    {
      get: ({ spill }) => spill.settings.allowDiskUseByDefault,
      prepare({ spill }, value) {
        const allowed = isTrue(value)
        return () => {
          spill.settings.allowDiskUseByDefault = allowed
        }
      },
    },
  ],
  ['authSchemaVersion', { get: () => 5 }],
  ['authenticationMechanisms', { get: () => [...mechanisms] }],
  [
    'cursorTimeoutMillis',
    {
      get: ({ cursors }) => BigInt(cursors.timeoutMs),
      prepare({ cursors }, value) {
        const timeoutMs = wholeNumber('cursorTimeoutMillis', value, 1)
        return () => {
          cursors.timeoutMs = timeoutMs
        }
      },
    },
  ],
  [
    'featureCompatibilityVersion',
    { get: () => ({ version: SERVER_VERSION.split('.').slice(0, 2).join('.') }) },
  ],
  ['internalDocumentSourceGroupMaxMemoryBytes', memoryLimit('group')],
  ['internalQueryMaxBlockingSortMemoryUsageBytes', memoryLimit('sort')],
  ['localLogicalSessionTimeoutMinutes', { get: () => SESSION_TIMEOUT_MINUTES }],
  [
    'logComponentVerbosity',
    {
      get: ({ observer }) => showComponentVerbosity(observer.log.verbosity),
      prepare: ({ observer }, value) => readComponentVerbosity(observer.log.verbosity, value),
    },
  ],
  [
    'logLevel',
    {
      get: ({ observer }) => observer.log.verbosity.level,
      prepare({ observer }, value) {
        const level = wholeNumber('logLevel', value, 0)
        return () => {
          observer.log.verbosity.level = level
        }
      },
    },
  ],
  [
    'quiet',
    {
      get: ({ observer }) => observer.log.quiet,
      prepare({ observer }, value) {
        const quiet = isTrue(value)
        return () => {
          observer.log.quiet = quiet
        }
      },
    },
  ],
  ['scramIterationCount', { get: () => mechanismParameters['SCRAM-SHA-1'].iterationCount }],
  ['scramSHA256IterationCount', { get: () => mechanismParameters['SCRAM-SHA-256'].iterationCount }],
  [
    'transactionLifetimeLimitSeconds',
    {
      get: ({ logicalSessions }) => Math.round(logicalSessions.transactionLifetimeMs / 1000),
      prepare({ logicalSessions }, value) {
        const seconds = wholeNumber('transactionLifetimeLimitSeconds', value, 1)
        return () => {
          logicalSessions.transactionLifetimeMs = seconds * 1000
        }
      },
    },
  ],
])

/** What a query may hold in memory of one kind. */
function memoryLimit(kind: 'sort' | 'group'): Parameter {
  const name =
    kind === 'sort'
      ? 'internalQueryMaxBlockingSortMemoryUsageBytes'
      : 'internalDocumentSourceGroupMaxMemoryBytes'
  return {
    get: ({ spill }) => spill.settings[`${kind}Bytes`],
    prepare({ spill }, value) {
      const bytes = wholeNumber(name, value, 1)
      return () => {
        spill.settings[`${kind}Bytes`] = bytes
      }
    },
  }
}

const LARGEST_INT32 = 2 ** 31 - 1

/** A number or boolean as a whole number of 32 bits that is no lower than the least; fractions are cut off. */
function wholeNumber(name: string, value: RawValue, least: number): number {
  const isBool = value.type === BsonType.bool
  if (!isBool && !isNumericType(value.type)) {
    throw new CommandError('BadValue', `Invalid value for parameter ${name}: not a number`)
  }
  const n = Math.trunc(isBool ? value.buf[value.at] : toNumber(value))
  if (n >= least && n <= LARGEST_INT32) return n
  throw new CommandError(
    'BadValue',
    `Invalid value for parameter ${name}: ${n} is not between ${least} and ${LARGEST_INT32}`,
  )
}
