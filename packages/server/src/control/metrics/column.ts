/**
 * A series of numbers as bytes: whole numbers as the difference from the one before, each in as
 * few bytes as it needs, runs of equal ones and of gaps in two or three whatever their length.
 * Others are kept to a thousandth, which is finer than anything here is measured.
 */
import type { ByteReader, ByteWriter } from './bytes.js'

const WHOLE = 0
const THOUSANDTHS = 1
const PLAIN = 2

const SCALE = 1000
/** Up to here a difference between two is exact, and its sign fits beside it. */
const MOST = 2 ** 51

/** What a difference is written as leaves these two for runs. */
const GAPS = 0
const SAME = 1
const FIRST = 2
/** A run of equal values pays from here on. */
const SHORTEST_RUN = 2

/** Writes the first `count` values; `NaN` is a gap. */
export function writeColumn(out: ByteWriter, values: Float64Array, count: number): void {
  const form = formOf(values, count)
  out.byte(form)
  if (form === PLAIN) {
    for (let i = 0; i < count; i++) out.double(values[i])
    return
  }
  let last = 0
  for (let i = 0; i < count; ) {
    const start = i
    if (Number.isNaN(values[i])) {
      while (i < count && Number.isNaN(values[i])) i++
      out.number(GAPS)
      out.number(i - start)
      continue
    }
    const value = integerOf(values[i], form)
    while (i < count && integerOf(values[i], form) === value) i++
    if (value !== last) {
      out.number(folded(value - last) + FIRST)
      last = value
      writeSame(out, i - start - 1)
    } else {
      writeSame(out, i - start)
    }
  }
}

/** Reads as many values as were written. */
export function readColumn(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count)
  const form = from.byte()
  if (form === PLAIN) {
    for (let i = 0; i < count; i++) values[i] = from.double()
    return values
  }
  const scale = form === THOUSANDTHS ? SCALE : 1
  let last = 0
  for (let i = 0; i < count; ) {
    const code = from.number()
    if (code >= FIRST) {
      last += unfolded(code - FIRST)
      values[i++] = last / scale
      continue
    }
    const end = Math.min(count, i + from.number())
    values.fill(code === GAPS ? Number.NaN : last / scale, i, end)
    i = end
  }
  return values
}

function writeSame(out: ByteWriter, length: number): void {
  if (length >= SHORTEST_RUN) {
    out.number(SAME)
    out.number(length)
    return
  }
  for (let i = 0; i < length; i++) out.number(FIRST)
}

function formOf(values: Float64Array, count: number): number {
  let form = WHOLE
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (Number.isNaN(value)) continue
    if (!(Math.abs(value) < MOST)) return PLAIN
    if (!Number.isInteger(value)) form = THOUSANDTHS
  }
  if (form === WHOLE) return WHOLE
  for (let i = 0; i < count; i++) if (Math.abs(values[i]) * SCALE >= MOST) return PLAIN
  return THOUSANDTHS
}

/** `NaN` for a gap. */
function integerOf(value: number, form: number): number {
  return form === THOUSANDTHS ? Math.round(value * SCALE) : value
}

/** Small numbers of either sign as small ones without. */
function folded(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function unfolded(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2
}
