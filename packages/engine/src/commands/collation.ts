import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, arg, optional, wrongType } from './args.js'
import { readDocument } from './read-args.js'

/** A switch that takes no numbers and, unlike most arguments, no null. */
const strictBool: Arg<boolean | undefined> = {
  read(value, field) {
    if (value.type !== BsonType.bool) throw wrongType(field, value, 'bool')
    return value.buf[value.at] !== 0
  },
  fallback: () => undefined,
}

const fields = {
  locale: arg.string,
  caseLevel: optional(strictBool),
  caseFirst: optional(arg.oneOf(['upper', 'lower', 'off'])),
  strength: optional(arg.long),
  numericOrdering: optional(strictBool),
  alternate: optional(arg.oneOf(['non-ignorable', 'shifted'])),
  maxVariable: optional(arg.oneOf(['punct', 'space'])),
  normalization: optional(strictBool),
  // Null is refused here only.
  backwards: { ...strictBool, takesNull: true },
  version: optional(arg.string),
}

/**
 * The argument `collation` of every command and option that has one. Strings compare by
 * their bytes, which the locale `simple` asks for; other locales are refused by name.
 */
export const collationArg: Arg<undefined> = {
  read(value, field) {
    if (value.type !== BsonType.object) throw wrongType(field, value, 'object')
    // Queries take an empty document for none.
    if (value.size > 5) checkCollation(value, field)
    return undefined
  },
  fallback: () => undefined,
}

/** The same where an empty document will not do: in `create` and in the specification of an index. */
export const ownCollationArg: Arg<undefined> = {
  read(value, field) {
    if (value.type === BsonType.null) return undefined
    if (value.type !== BsonType.object) throw wrongType(field, value, 'object')
    checkCollation(value, field)
    return undefined
  },
  fallback: () => undefined,
}

/** Throws unless a collation is well-formed and asks for the order of bytes. */
export function checkCollation(value: RawValue, field = 'collation'): void {
  const given = readDocument(field, fields, value)
  const { locale, strength } = given
  const bad = (message: string) => new CommandError('BadValue', message)
  if (strength !== undefined && (strength < 1 || strength > 5)) {
    throw bad(
      `BSON field '${field}.strength' value must be >= 1 and <= 5, actual value '${strength}'`,
    )
  }
  if (!isLocale(locale)) throw bad(`Field 'locale' is invalid in: { locale: "${locale}" }`)
  if (locale === 'simple') {
    const others = Object.entries(given).filter(
      ([name, set]) => name !== 'locale' && set !== undefined,
    )
    if (others.length === 0) return
    throw bad(`The 'simple' locale takes no other options, found: ${others[0][0]}`)
  }
  const { caseFirst, caseLevel, backwards } = given
  if (caseFirst && caseFirst !== 'off' && !caseLevel && strength !== undefined && strength < 3) {
    throw bad(`'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2`)
  }
  if (backwards && (strength === 1 || strength === 4 || strength === 5)) {
    throw bad(`'backwards' is invalid with 'strength' ${strength}`)
  }
  throw new CommandError(
    'CommandNotSupported',
    `collation with locale '${locale}' is not supported; only 'simple' is`,
  )
}

function isLocale(locale: string): boolean {
  if (locale === 'simple') return true
  const [tag] = locale.split('@')
  if (!/^[a-z]{2,3}(_[A-Za-z0-9]+)*$/.test(tag)) return false
  try {
    return Intl.Collator.supportedLocalesOf(tag.replaceAll('_', '-')).length > 0
  } catch {
    return false
  }
}
