import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Regex,
  Timestamp,
  Undefined,
  type Value,
} from '../value.js'

/**
 * A value as canonical extended JSON, version 2: every type can be told from its form, so
 * that what is read back is what was written. For small documents; it decodes nothing lazily.
 */
export function printCanonicalJson(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value)
  }
  if (typeof value === 'number') return wrapped('$numberInt', String(value))
  if (typeof value === 'bigint') return wrapped('$numberLong', String(value))
  if (Array.isArray(value)) return `[${value.map(printCanonicalJson).join(',')}]`
  if (value instanceof Map) {
    const fields = [...value].map(([name, field]) => [name, printCanonicalJson(field)] as const)
    return object(...fields)
  }
  return printObject(value)
}

type Wrapped = Exclude<
  Value,
  null | boolean | string | number | bigint | Value[] | Map<string, Value>
>

function printObject(value: Wrapped): string {
  if (value instanceof Double) return wrapped('$numberDouble', doubleText(value.value))
  if (value instanceof Decimal128) return wrapped('$numberDecimal', value.toString())
  if (value instanceof ObjectId) return wrapped('$oid', value.toHexString())
  if (value instanceof DateTime) return object(['$date', wrapped('$numberLong', String(value.ms))])
  if (value instanceof Timestamp) {
    return object(['$timestamp', object(['t', String(value.t)], ['i', String(value.i)])])
  }
  if (value instanceof Binary) return printBinary(value)
  if (value instanceof Regex) {
    const { pattern, options } = value
    return object([
      '$regularExpression',
      object(['pattern', JSON.stringify(pattern)], ['options', JSON.stringify(options)]),
    ])
  }
  if (value instanceof Code) {
    const code = ['$code', JSON.stringify(value.code)] as const
    return value.scope ? object(code, ['$scope', printCanonicalJson(value.scope)]) : object(code)
  }
  if (value instanceof DBPointer) {
    const pointer = object(
      ['$ref', JSON.stringify(value.namespace)],
      ['$id', printObject(value.id)],
    )
    return object(['$dbPointer', pointer])
  }
  if (value instanceof BsonSymbol) return wrapped('$symbol', value.value)
  if (value instanceof Undefined) return object(['$undefined', 'true'])
  if (value instanceof MinKey) return object(['$minKey', '1'])
  if (value instanceof MaxKey) return object(['$maxKey', '1'])
  throw new TypeError('not a BSON value')
}

function printBinary({ bytes, subtype }: Binary): string {
  // The old binary subtype 2 repeats its length inside; the JSON form leaves that out.
  const repeated = subtype === 2 && bytes.length >= 4 && bytes.readInt32LE(0) === bytes.length - 4
  const content = (repeated ? bytes.subarray(4) : bytes).toString('base64')
  const type = subtype.toString(16).padStart(2, '0')
  return object([
    '$binary',
    object(['base64', JSON.stringify(content)], ['subType', JSON.stringify(type)]),
  ])
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  if (!Number.isFinite(value)) return String(value)
  const text = String(value).replace('e', 'E')
  return /[.E]/.test(text) ? text : `${text}.0`
}

function wrapped(name: string, text: string): string {
  return object([name, JSON.stringify(text)])
}

function object(...fields: (readonly [name: string, json: string])[]): string {
  return `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
