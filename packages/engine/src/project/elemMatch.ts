import { encodeDocument, findElement, RawValue, skipCString, valueSize } from '@gantry/bson'
import type { FilterContext } from '../query/filter.js'
import { parseFilter } from '../query/parse.js'
import { matchedPosition } from '../query/positional.js'
import type { Compute } from './tree.js'

/** `$elemMatch` of a projection: an array with the first element that meets the condition; missing without one. */
export function parseElemMatch(field: string, operand: RawValue, context: FilterContext): Compute {
  const filter = encodeDocument({ [field]: { $elemMatch: operand } })
  const position = matchedPosition(parseFilter(filter, 0, context))
  const name = Buffer.from(field)
  return (buf, doc) => {
    const index = position(buf, doc)
    if (index === undefined) return undefined
    const element = findElement(buf, doc, name)
    return [elementAt(buf, element + name.length + 2, index)]
  }
}

/** The element at a position that the array has. */
function elementAt(buf: Buffer, array: number, index: number): RawValue {
  let at = array + 4
  for (let i = 0; ; i++) {
    const value = skipCString(buf, at + 1)
    const size = valueSize(buf, buf[at], value)
    if (i === index) return new RawValue(buf, buf[at], value, size)
    at = value + size
  }
}
