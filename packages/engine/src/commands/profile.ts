import {
  BsonType,
  Double,
  encodeDocument,
  isNumericType,
  RawValue,
  readName,
  readString,
  someElement,
  valueSize,
  type Writable,
} from '@gantry/bson'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import type { ProfileFilter, ProfileLevel } from '../observe/profile-settings.js'
import { PROFILE_COLLECTION } from '../observe/profile-writer.js'
import { compileFilter } from '../query/compile.js'
import { type Arg, type ArgsOf, arg, optional, wrongType } from './args.js'
import { isAllowed, requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { toNumber } from './long.js'
import { readFilter } from './query-request.js'

const rateArg: Arg<number> = {
  read(value: RawValue, field: string) {
    if (!isNumericType(value.type)) throw wrongType(field, value, 'double, long, int, decimal')
    const rate = toNumber(value)
    if (rate >= 0 && rate <= 1) return rate
    throw new CommandError('BadValue', "'sampleRate' must be between 0.0 and 1.0 inclusive")
  },
}

/** A filter, or the word that takes it away. */
const filterArg: Arg<RawValue | 'unset' | undefined> = {
  fallback: () => undefined,
  takesNull: true,
  read(value: RawValue) {
    if (value.type === BsonType.object) return value
    if (value.type === BsonType.string && readString(value.buf, value.at) === 'unset')
      return 'unset'
    throw new CommandError('BadValue', "Expected an object, or the string 'unset'.")
  },
}

const args = {
  profile: arg.long,
  slowms: optional(arg.long),
  sampleRate: optional(rateArg),
  filter: filterArg,
}

/** What of a database's operations goes to its `system.profile`, and what is slow. Answers how it was before. */
export const profile = command({
  name: 'profile',
  help: "Which operations go to a database's profile",
  access: 'authenticated',
  args,
  async run(context, given) {
    requireRight(context, given)
    const { observer, db } = context
    const { profiling } = observer
    const filter = readProfileFilter(context, given.filter)
    const before = describe(context)
    // What has ended is still treated as it was when it did.
    await observer.settle()
    if (given.slowms !== undefined) profiling.slowMs = toInt32(given.slowms)
    if (given.sampleRate !== undefined) profiling.sampleRate = given.sampleRate
    if (given.filter !== undefined) profiling.setFilter(db, filter)
    const { profile: level } = given
    if (isLevel(level)) {
      if (level > 0) await observer.profile.prepare(db)
      profiling.setLevel(db, level)
    }
    return before
  },
})

/** Looking at the level takes no more than the right to read the profile. */
function requireRight(context: CommandContext, given: ArgsOf<typeof args>): void {
  const { slowms, sampleRate, filter } = given
  const looks =
    given.profile === -1 && slowms === undefined && sampleRate === undefined && filter === undefined
  const profileOfDb = { db: context.db, collection: PROFILE_COLLECTION }
  if (looks && isAllowed(context, 'find', profileOfDb)) return
  requireAction(context, 'enableProfiler', { db: context.db })
}

function isLevel(level: number): level is ProfileLevel {
  return level === 0 || level === 1 || level === 2
}

function toInt32(n: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, n))
}

function describe({ observer: { profiling }, db }: CommandContext): Reply {
  const filter = profiling.filter(db)
  return {
    was: profiling.level(db),
    slowms: profiling.slowMs,
    sampleRate: new Double(profiling.sampleRate),
    ...(filter && {
      filter: filter.document,
      note: 'When a filter expression is set, slowms and sampleRate are not used for profiling and slow-query log lines.',
    }),
  }
}

function readProfileFilter(
  context: CommandContext,
  given: RawValue | 'unset' | undefined,
): ProfileFilter | undefined {
  if (given === undefined || given === 'unset') return undefined
  return { document: normalised(given), matches: compileFilter(readFilter(context, copyOf(given))) }
}

/** The filter outlives the message that it came with. */
function copyOf({ buf, at, size }: RawValue): RawValue {
  return RawValue.document(Buffer.from(buf.subarray(at, at + size)))
}

/** `{ op: 'query' }` is shown as `{ op: { $eq: 'query' } }`. */
function normalised({ buf, at }: RawValue): RawValue {
  const fields = new Map<string, Writable>()
  someElement(buf, at, (type, valueAt, nameAt) => {
    const value = new RawValue(buf, type, valueAt, valueSize(buf, type, valueAt))
    const name = readName(buf, nameAt)
    fields.set(name, name.startsWith('$') || hasOperators(value) ? value : { $eq: value })
    return false
  })
  return RawValue.document(encodeDocument(fields))
}

const DOLLAR = 0x24

function hasOperators({ buf, type, at }: RawValue): boolean {
  return type === BsonType.regex || (type === BsonType.object && buf[at + 5] === DOLLAR)
}
