import {
  compareValues,
  DateTime,
  Double,
  decodeValue,
  encodeDocument,
  encodeValue,
  type Path,
  type RawValue,
  typeAlias,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { createSorter } from '../../plan/sorter.js'
import { unspilled } from '../../spill/working-memory.js'
import { parseUnit, type Unit } from '../dates/arguments.js'
import { addUnits } from '../dates/arithmetic.js'
import { UTC } from '../dates/time-zone.js'
import { parseFieldPath, readPath } from '../field-path.js'
import { exactInteger, toDouble } from '../numeric.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { compileSortKeyOfValue } from '../sort-pattern.js'
import { checkDocumentSize, type StageParser } from '../stage.js'
import { blocking } from '../stream.js'
import { equalityKey } from '../value-set.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { setPath } from '../write-path.js'

interface Specification {
  readonly field: Path
  readonly partitionBy: readonly Path[]
  readonly step: number
  readonly unit: Unit | undefined
  readonly bounds: 'full' | 'partition' | readonly [Value, Value]
}

/** MongoDB's limit to what one stage may make up. */
const MOST_DOCUMENTS = 500_000

/** Adds documents where a sequence of numbers or dates has gaps. */
export const densify: StageParser = (argument) => {
  const specification = parse(argument)
  const { field, partitionBy } = specification
  const keyOf = compileSortKeyOfValue()
  const partitionOf = (doc: Buffer): Value[] =>
    partitionBy.map((path) => readPath(doc, 0, path) ?? null)
  return {
    name: '$densify',
    open: (input, services) => {
      const sorter = createSorter(
        (doc) => Buffer.concat([keyOf(partitionOf(doc)), keyOf(readPath(doc, 0, field) ?? null)]),
        0,
        unspilled('$densify'),
      )
      let count = 0
      let least: Value | undefined
      let most: Value | undefined
      const take = (doc: Buffer) => {
        sorter.add(count++, doc)
        const value = checkValue(readPath(doc, 0, field), specification)
        if (value === undefined) return
        if (least === undefined || compareValues(value, least) < 0) least = value
        if (most === undefined || compareValues(value, most) > 0) most = value
      }
      return blocking(input, services.overdue, take, function* () {
        const made = { left: MOST_DOCUMENTS }
        const full =
          least !== undefined && most !== undefined ? ([least, most] as const) : undefined
        for (const docs of partitions(sorter.finish(), partitionOf)) {
          yield* densifyPartition(docs, specification, full, made)
        }
      })
    },
  }
}

function* partitions(
  sorted: Iterator<{ readonly doc: Buffer }>,
  partitionOf: (doc: Buffer) => Value[],
): Generator<Buffer[]> {
  let docs: Buffer[] = []
  let current: string | number | undefined
  for (let step = sorted.next(); !step.done; step = sorted.next()) {
    const key = equalityKey(partitionOf(step.value.doc))
    if (docs.length > 0 && key !== current) {
      yield docs
      docs = []
    }
    current = key
    docs.push(step.value.doc)
  }
  if (docs.length > 0) yield docs
}

function* densifyPartition(
  docs: readonly Buffer[],
  specification: Specification,
  full: readonly [Value, Value] | undefined,
  made: { left: number },
): Generator<Buffer> {
  const { field, bounds } = specification
  const values = docs.map((doc) => checkValue(readPath(doc, 0, field), specification))
  const known = values.filter((value) => value !== undefined)
  const range =
    bounds === 'partition'
      ? ([known[0], known[known.length - 1]] as const)
      : bounds === 'full'
        ? full
        : bounds
  if (!range || range[0] === undefined || range[1] === undefined) {
    yield* docs
    return
  }
  const exclusive = Array.isArray(bounds)
  const [lower, upper] = range as readonly [Value, Value]
  const within = (value: Value) => {
    const order = compareValues(value, upper)
    return exclusive ? order < 0 : order <= 0
  }
  let steps = 0
  let next = lower
  for (const [i, doc] of docs.entries()) {
    const value = values[i]
    if (value !== undefined) {
      for (
        ;
        within(next) && compareValues(next, value) < 0;
        next = at(lower, ++steps, specification)
      ) {
        yield madeUp(doc, next, specification, made)
      }
      if (compareValues(next, value) === 0) next = at(lower, ++steps, specification)
    }
    yield doc
  }
  for (; within(next); next = at(lower, ++steps, specification)) {
    yield madeUp(docs[0], next, specification, made)
  }
}

/** So many steps above the lower bound; counted from there, so that months keep their day. */
function at(lower: Value, steps: number, { step, unit }: Specification): Value {
  if (lower instanceof DateTime) {
    return DateTime.fromMs(addUnits(Number(lower.ms), unit as Unit, step * steps, UTC))
  }
  if (!isNumeric(lower))
    throw new CommandError(5733201, 'Densify field type must be numeric or a date')
  const sum = toDouble(lower) + step * steps
  const whole = typeof lower !== 'object' && Number.isInteger(sum)
  if (!whole) return new Double(sum)
  return typeof lower === 'bigint' || (sum | 0) !== sum ? BigInt(sum) : sum
}

function madeUp(
  like: Buffer,
  value: Value,
  { field, partitionBy }: Specification,
  made: { left: number },
): Buffer {
  if (made.left-- === 0) {
    throw new CommandError(
      5897900,
      `Generated ${MOST_DOCUMENTS} documents in $densify, which is over the limit of ${MOST_DOCUMENTS}.`,
    )
  }
  let doc = encodeDocument(new Map())
  for (const path of partitionBy) {
    const own = readPath(like, 0, path)
    if (own !== undefined) doc = setPath(doc, path, encodeValue(own))
  }
  return checkDocumentSize(setPath(doc, field, encodeValue(value)))
}

function checkValue(value: Value | undefined, { unit }: Specification): Value | undefined {
  if (isNullish(value)) return undefined
  if (unit ? value instanceof DateTime : isNumeric(value)) return value
  if (value instanceof DateTime) throw new CommandError(6053600, '$densify on a date needs a unit')
  throw new CommandError(
    5733201,
    `PlanExecutor error during aggregation :: caused by :: Densify field type must be numeric${unit ? ' or a date' : ''}, found ${typeName(value)}`,
  )
}

function parse(argument: RawValue): Specification {
  if (!isDocument(argument)) {
    throw new CommandError(5733401, 'The $densify stage specification must be an object')
  }
  let field: Path | undefined
  let partitionBy: Path[] = []
  let range: Pick<Specification, 'step' | 'unit' | 'bounds'> | undefined
  for (const [name, value] of fieldsOf(argument)) {
    if (name === 'field') field = parseFieldPath(text('field', value))
    else if (name === 'partitionByFields') partitionBy = parseFields(value)
    else if (name === 'range') range = parseRange(value)
    else throw new CommandError(40415, `BSON field '$densify.${name}' is an unknown field.`)
  }
  if (!field)
    throw new CommandError(40414, "BSON field '$densify.field' is missing but a required field")
  if (!range)
    throw new CommandError(40414, "BSON field '$densify.range' is missing but a required field")
  if (range.bounds === 'partition' && partitionBy.length === 0) {
    throw new CommandError(
      5733408,
      "one may not specify the bounds as 'partition' without specifying a non-empty array of partitionByFields. You may have meant to specify 'full' bounds.",
    )
  }
  return { field, partitionBy, ...range }
}

function text(name: string, value: RawValue): string {
  const decoded = decodeValue(value.buf, value.type, value.at)
  if (typeof decoded === 'string') return decoded
  throw new CommandError(
    'TypeMismatch',
    `BSON field '$densify.${name}' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
  )
}

function parseFields(value: RawValue): Path[] {
  if (!isArray(value)) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$densify.partitionByFields' is the wrong type '${typeAlias(value.type)}', expected type 'array'`,
    )
  }
  return elementsOf(value).map((element) => parseFieldPath(text('partitionByFields', element)))
}

function parseRange(value: RawValue): Pick<Specification, 'step' | 'unit' | 'bounds'> {
  if (!isDocument(value)) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$densify.range' is the wrong type '${typeAlias(value.type)}', expected type 'object'`,
    )
  }
  const found = new Map(fieldsOf(value))
  const unitValue = found.get('unit')
  const unit =
    unitValue && parseUnit('$densify', decodeValue(unitValue.buf, unitValue.type, unitValue.at))
  return {
    step: parseStep(found.get('step'), unit),
    unit,
    bounds: parseRangeBounds(found.get('bounds'), unit),
  }
}

function parseStep(raw: RawValue | undefined, unit: Unit | undefined): number {
  if (!raw)
    throw new CommandError(
      40414,
      "BSON field '$densify.range.step' is missing but a required field",
    )
  const step = decodeValue(raw.buf, raw.type, raw.at)
  if (!isNumeric(step) || !(toDouble(step) > 0)) {
    throw new CommandError(
      5733401,
      'the step parameter in a range statement must be a strictly positive numeric value',
    )
  }
  if (unit && exactInteger(step) === undefined) {
    throw new CommandError(
      6586400,
      'The step parameter in a range statement must be a whole number when densifying a date range',
    )
  }
  return toDouble(step)
}

function parseRangeBounds(
  raw: RawValue | undefined,
  unit: Unit | undefined,
): Specification['bounds'] {
  if (!raw)
    throw new CommandError(
      40414,
      "BSON field '$densify.range.bounds' is missing but a required field",
    )
  const bounds = decodeValue(raw.buf, raw.type, raw.at)
  if (bounds === 'full' || bounds === 'partition') return bounds
  if (!Array.isArray(bounds)) {
    throw new CommandError(
      5946802,
      "the bounds in a range statement must be the string 'full', 'partition', or an ascending array of two numbers or two dates",
    )
  }
  if (bounds.length !== 2) {
    throw new CommandError(
      5733403,
      'a bounding array in a range statement must have exactly two elements',
    )
  }
  const [lower, upper] = bounds
  const fits = (value: Value) => (unit ? value instanceof DateTime : isNumeric(value))
  if (!fits(lower) || !fits(upper)) {
    throw new CommandError(
      5733402,
      'a bounding array must be an ascending array of either two dates or two numbers',
    )
  }
  if (compareValues(lower, upper) > 0) {
    throw new CommandError(
      5733402,
      'a bounding array must be an ascending array of either two dates or two numbers',
    )
  }
  return [lower, upper]
}
