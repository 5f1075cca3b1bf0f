import { readInt32 } from '../raw.js'
import type { OutputBuffer } from './output-buffer.js'

const HIGH = 0x1_0000_0000
/** Decimal places that are tried first, as most fractions have few. */
const PLACES = 6
const SCALE = 1e6
/** Below this a scaled double still has at most 15 digits, which no two doubles share. */
const SCALABLE = 1e9
/** Below this an integral double prints digit by digit. */
const PLAIN_INTEGRAL = 2 ** 53

/** The int64 at an offset in full digits. */
export function printInt64(out: OutputBuffer, buf: Buffer, at: number): void {
  const value = readInt32(buf, at + 4) * HIGH + (readInt32(buf, at) >>> 0)
  if (!Number.isSafeInteger(value)) return printText(out, buf.readBigInt64LE(at).toString())
  if (value < 0) out.buf[out.at++] = 0x2d
  out.digits(Math.abs(value))
}

/** The double at an offset in the fewest digits that give it back, never without point or exponent. */
export function printDouble(out: OutputBuffer, buf: Buffer, at: number): void {
  const value = buf.readDoubleLE(at)
  const magnitude = Math.abs(value)
  if (!(magnitude < Infinity)) return printText(out, 'null')
  if (magnitude === Math.floor(magnitude)) return printIntegral(out, value, magnitude)
  if (magnitude < SCALABLE) {
    const scaled = Math.round(magnitude * SCALE)
    if (scaled / SCALE === magnitude) return printScaled(out, value < 0, scaled)
  }
  printText(out, String(value))
}

function printIntegral(out: OutputBuffer, value: number, magnitude: number): void {
  if (magnitude < PLAIN_INTEGRAL) {
    if (value < 0 || Object.is(value, -0)) out.buf[out.at++] = 0x2d
    out.digits(magnitude)
    return printText(out, '.0')
  }
  const text = String(value)
  printText(out, text.includes('e') ? text : `${text}.0`)
}

/** A fraction that was multiplied to an integer; what follows the point is not all zero. */
function printScaled(out: OutputBuffer, negative: boolean, scaled: number): void {
  const { buf } = out
  if (negative) buf[out.at++] = 0x2d
  const whole = Math.floor(scaled / SCALE)
  out.digits(whole)
  buf[out.at++] = 0x2e
  let rest = scaled - whole * SCALE
  let last = out.at
  for (let i = out.at + PLACES - 1; i >= out.at; i--) {
    const digit = rest % 10
    buf[i] = 0x30 + digit
    if (digit !== 0 && i > last) last = i
    rest = (rest - digit) / 10
  }
  out.at = last + 1
}

function printText(out: OutputBuffer, text: string): void {
  const { buf } = out
  for (let i = 0; i < text.length; i++) buf[out.at++] = text.charCodeAt(i)
}
