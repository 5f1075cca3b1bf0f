import {
  BsonType,
  encodeDocument,
  findElement,
  type Path,
  parsePath,
  RawValue,
  typeAlias,
  valueSize,
  type Writable,
} from '@gantry/bson'
import { type NamedValue, valuesOf } from '../elements.js'

export type Details = Record<string, Writable>

/** A document of one element. */
export function single({ name, value }: NamedValue): RawValue {
  return RawValue.document(encodeDocument({ [name]: value }))
}

/** The values that a condition on a path looks at: where it leads through arrays, one per element. */
export function consideredValues(doc: Buffer, dotted: string): RawValue[] {
  return collect(RawValue.document(doc), parsePath(dotted))
}

function collect(value: RawValue, path: Path): RawValue[] {
  if (path.length === 0) return [value]
  const [part, ...rest] = path
  if (value.type === BsonType.object || (value.type === BsonType.array && part.index !== -1)) {
    const { buf } = value
    const element = findElement(buf, value.at, part.bytes)
    if (element >= 0) return collect(valueOfElement(buf, element, part.bytes.length), rest)
  }
  if (value.type !== BsonType.array) return []
  return valuesOf(value).flatMap((element) =>
    element.type === BsonType.object ? collect(element, path) : [],
  )
}

/** The value of the element at an offset whose name has so many bytes. */
export function valueOfElement(buf: Buffer, element: number, nameLength: number): RawValue {
  const type = buf[element]
  const at = element + nameLength + 2
  return new RawValue(buf, type, at, valueSize(buf, type, at))
}

/** The types of what was looked at. */
export function consideredTypes(values: readonly RawValue[]): Details {
  const types = [...new Set(values.map(({ type }) => typeAlias(type)))].sort()
  return types.length === 1 ? { consideredType: types[0] } : { consideredTypes: types }
}
