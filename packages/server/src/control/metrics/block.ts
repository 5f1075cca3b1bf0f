import { AppError } from '../../errors.js'
import { type ByteReader, type ByteWriter, byteReader, byteWriter } from './bytes.js'
import { readColumn, writeColumn } from './column.js'
import { type Column, noPoints, type Points } from './points.js'

/** The names that the numbers in blocks stand for; only ever added to. */
export interface Dictionary {
  /** The number of a name, given to it when it has none; undefined when there are too many. */
  numberOf(name: string, counter: boolean): number | undefined
  nameOf(number: number): { readonly name: string; readonly counter: boolean } | undefined
}

const VERSION = 1

/** What comes for the least and the greatest where each is the average, or one of its own. */
const AS_VALUES = 0
const OWN = 1

/** Points as the bytes of a block. A name that the dictionary does not take is left out. */
export function encodeBlock({ count, samples, elapsed, columns }: Points, names: Dictionary) {
  const out = byteWriter()
  // Columns are written with their length, so that a reader can leave out what it does not want.
  const own = byteWriter()
  out.byte(VERSION)
  out.number(count)
  writeColumn(out, samples, count)
  writeColumn(out, elapsed, count)
  for (const [name, column] of columns) {
    if (column.values.subarray(0, count).every(Number.isNaN)) continue
    const number = names.numberOf(name, column.counter)
    if (number === undefined) continue
    writeColumn(own, column.values, count)
    if (column.most) writeBound(own, column.most, column, count)
    if (column.least) writeBound(own, column.least, column, count)
    out.number(number)
    out.take(own)
  }
  return out.bytes()
}

/**
 * The points of a block, all that there are or, when `wanted` says so, some of them.
 * Throws when the bytes are no block of a version that is known; throws with `conflict` when
 * they have names that were added since the dictionary was read.
 */
export function decodeBlock(
  bytes: Buffer,
  { startMs, stepMs, isFinest }: { startMs: number; stepMs: number; isFinest: boolean },
  names: Dictionary,
  wanted: (name: string) => boolean = () => true,
): Points {
  const from = byteReader(bytes)
  const version = from.byte()
  if (version !== VERSION) throw new Error(`metrics: a block has the unknown version ${version}`)
  const count = from.number()
  const samples = readColumn(from, count)
  const elapsed = readColumn(from, count)
  const points = { ...noPoints(startMs, stepMs, 0), count, samples, elapsed }
  while (!from.atEnd) {
    const number = from.number()
    const found = names.nameOf(number)
    if (!found) throw new AppError('conflict', 'somebody else has written new metrics')
    const length = from.number()
    if (wanted(found.name)) {
      points.columns.set(found.name, readWhole(from, count, found.counter, isFinest))
    } else {
      from.skip(length)
    }
  }
  return points
}

function readWhole(from: ByteReader, count: number, counter: boolean, isFinest: boolean): Column {
  const values = readColumn(from, count)
  if (isFinest) return { counter, values }
  const most = readBound(from, values, count)
  return counter
    ? { counter, values, most }
    : { counter, values, most, least: readBound(from, values, count) }
}

function writeBound(out: ByteWriter, bound: Float64Array, { values }: Column, count: number): void {
  let same = true
  for (let i = 0; i < count && same; i++) same = Object.is(bound[i], values[i])
  out.byte(same ? AS_VALUES : OWN)
  if (!same) writeColumn(out, bound, count)
}

function readBound(from: ByteReader, values: Float64Array, count: number): Float64Array {
  return from.byte() === AS_VALUES ? values : readColumn(from, count)
}
