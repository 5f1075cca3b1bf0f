import type { Json } from './result.js'

const INDENT = '  '

/**
 * A value as JSON text: fields in the order of their code points, without those that are
 * undefined, dates to the second in UTC. With `pretty` it is indented and ends with a new line.
 */
export function jsonText(value: Json, pretty: boolean): string {
  const text = write(value, pretty ? '\n' : '')
  return pretty ? `${text}\n` : text
}

/** `newline` is what goes in front of each item of this depth's parent; empty when not indented. */
function write(value: Json, newline: string): string {
  if (value instanceof Date) return JSON.stringify(dateText(value))
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const inner = newline && newline + INDENT
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${value.map((item: Json) => inner + write(item, inner)).join(',')}${newline}]`
  }
  const object = value as { readonly [name: string]: Json | undefined }
  const names = Object.keys(object).filter((name) => object[name] !== undefined)
  if (names.length === 0) return '{}'
  const colon = newline ? ': ' : ':'
  const fields = names
    .sort(byCodePoint)
    .map((name) => `${inner}${JSON.stringify(name)}${colon}${write(object[name] as Json, inner)}`)
  return `{${fields.join(',')}${newline}}`
}

/** The form of all dates in answers. */
export function dateText(date: Date): string {
  return `${date.toISOString().slice(0, -5)}Z`
}

/** UTF-16 units, which `<` compares, differ in order above the surrogates only. */
function byCodePoint(a: string, b: string): number {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : a > b ? 1 : 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const SURROGATE = /[\ud800-\udfff]/
