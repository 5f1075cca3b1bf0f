/** What a part of the goal document must be, as data, and what is wrong where it is not that. */
import { readDate } from '../dates.js'

/** Fields that are not listed are free, as is all of a shape without fields or items. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'object' | 'array' | 'any'
  readonly required?: boolean
  readonly values?: readonly (string | number)[]
  readonly least?: number
  readonly most?: number
  readonly fields?: Shapes
  readonly items?: Shape
}

export type Shapes = { readonly [name: string]: Shape }

/** What is wrong: an error code of the Public API, and the values that its text is made of. */
export interface Fault {
  readonly code: string
  readonly parameters: readonly string[]
}

/** A fault by its code and what it is about, a path such as `processes[2].args2_6.net.port` first. */
export function faultOf(code: string, ...parameters: readonly string[]): Fault {
  return { code, parameters }
}

/** Values of wrong types and values, in the order of the document. What is null is not there. */
export function* typeFaults(value: unknown, shape: Shape, path: string): Generator<Fault> {
  const fault = valueFault(value, shape, path)
  if (fault) {
    yield fault
    return
  }
  if (Array.isArray(value)) {
    if (!shape.items) return
    for (const [i, item] of value.entries()) yield* typeFaults(item, shape.items, `${path}[${i}]`)
    return
  }
  if (!shape.fields) return
  for (const [name, inner] of Object.entries(value as object)) {
    const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (field && (inner ?? null) !== null) yield* typeFaults(inner, field, below(path, name))
  }
}

/** Fields that are required and not there; `value` has passed `typeFaults`. */
export function* missingFaults(value: unknown, shape: Shape, path: string): Generator<Fault> {
  if (Array.isArray(value)) {
    if (!shape.items) return
    for (const [i, item] of value.entries()) {
      yield* missingFaults(item, shape.items, `${path}[${i}]`)
    }
    return
  }
  for (const [name, field] of Object.entries(shape.fields ?? {})) {
    const inner = (value as { readonly [name: string]: unknown })[name] ?? undefined
    const at = below(path, name)
    if (inner !== undefined) yield* missingFaults(inner, field, at)
    // What is missing altogether is named by the first of its own fields that are needed.
    else if (field.required) yield faultOf('MISSING_ATTRIBUTE', at + neededBelow(field))
  }
}

function neededBelow({ fields = {} }: Shape): string {
  const inner = Object.entries(fields).find(([, { required }]) => required)
  return inner ? `.${inner[0]}${neededBelow(inner[1])}` : ''
}

function valueFault(value: unknown, shape: Shape, path: string): Fault | undefined {
  const { type, values, least, most } = shape
  if (!hasType(value, type)) return faultOf('INVALID_JSON_ATTRIBUTE', path)
  if (values && !values.includes(value as string | number)) {
    return faultOf('INVALID_ENUM_VALUE', path, String(value))
  }
  if (type === 'date' && !readDate(value as string)) return faultOf('INVALID_DATE_FORMAT', path)
  if (typeof value !== 'number') return undefined
  if (least !== undefined && value < least) {
    return faultOf(least > 0 ? 'ATTRIBUTE_NEGATIVE_OR_ZERO' : 'ATTRIBUTE_NEGATIVE', path)
  }
  if (most !== undefined && value > most) return faultOf('INVALID_JSON_ATTRIBUTE', path)
  return undefined
}

function hasType(value: unknown, type: Shape['type']): boolean {
  switch (type) {
    case 'any':
      return true
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isSafeInteger(value)
    case 'date':
      return typeof value === 'string'
    default:
      return typeof value === type
  }
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
