/** Values as text, the way operators on strings and conversions write them. */
import { BsonSymbol, Code, DateTime, Decimal128, Double, Timestamp, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { formatDate } from './dates/format.js'
import { UTC } from './dates/time-zone.js'
import { isNullish, typeName } from './values.js'

/** A double in the fewest digits that name it; with an exponent as C writes it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return 'Infinity'
  if (value === -Infinity) return '-Infinity'
  if (Object.is(value, -0)) return '-0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e16 || magnitude < 1e-4) {
    if (magnitude === 0) return '0'
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}

/** A double in six digits, as string operators take it. */
function shortDoubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponent] = value.toExponential(5).split('e')
  const power = Number(exponent)
  if (power >= 6 || power < -4) {
    const sign = power < 0 ? '-' : '+'
    return `${stripZeros(digits)}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return stripZeros(value.toFixed(5 - power))
}

function stripZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** An instant in ISO 8601 with milliseconds, in UTC. */
export function dateText(date: DateTime): string {
  return formatDate(Number(date.ms), '%Y-%m-%dT%H:%M:%S.%LZ', UTC)
}

/** What `$toLower`, `$substr` and their like take for a string; null and missing are empty. */
export function coerceToString(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (isNullish(value)) return ''
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString()
  if (value instanceof Double) return shortDoubleText(value.value)
  if (value instanceof Decimal128) return value.toString()
  if (value instanceof DateTime) return dateText(value)
  if (value instanceof BsonSymbol) return value.value
  if (value instanceof Code && !value.scope) return value.code
  if (value instanceof Timestamp) return timestampText(value)
  throw new CommandError(16007, `can't convert from BSON type ${typeName(value)} to String`)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function timestampText({ t, i }: Timestamp): string {
  const date = new Date(t * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${time}:${i}`
}
