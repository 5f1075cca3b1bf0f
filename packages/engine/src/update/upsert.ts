import {
  encodeDocument,
  findElement,
  parsePath,
  RawValue,
  type Value,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { applyUpdate, withIdFirst } from './apply.js'
import type { UpdateContext } from './modifier.js'
import type { Update } from './parse.js'
import { checkStorable } from './storable.js'

/** A field that a filter wants to equal a value: what an upsert starts from. */
export type Equality = readonly [path: string, value: RawValue]

type Fields = Map<string, Fields | RawValue>

/**
 * The document that an upsert inserts: the fields that the filter's equalities say, changed by the
 * update. `_id` comes first, from `newId` when neither says it. Of a replacement only the filter's
 * `_id` is taken.
 */
export function upsertDocument(
  update: Update,
  equalities: readonly Equality[],
  context: Omit<UpdateContext, 'inserting'>,
  newId: () => Value,
): Buffer {
  const wanted =
    update.kind === 'replacement' ? equalities.filter(([path]) => isId(path)) : equalities
  const base = startDocument(wanted)
  const { document } = applyUpdate(update, base, 0, { ...context, inserting: true })
  const element = findElement(document, 0, ID)
  let id: RawValue | undefined
  if (element === -1) id = idValue(newId())
  else if (element !== 4) id = elementValue(document, element)
  const result = id ? withIdFirst(RawValue.document(document), id) : Buffer.from(document)
  checkStorable(result)
  return result
}

const ID = Buffer.from('_id')

function isId(path: string): boolean {
  return path === '_id' || path.startsWith('_id.')
}

function elementValue(buf: Buffer, element: number): RawValue {
  const at = element + 5
  return new RawValue(buf, buf[element], at, valueSize(buf, buf[element], at))
}

function idValue(id: Value): RawValue {
  return elementValue(encodeDocument(new Map([['_id', id]])), 4)
}

/** The document that has just the fields of the equalities, `_id` first. */
function startDocument(equalities: readonly Equality[]): Buffer {
  const fields: Fields = new Map()
  const ordered = [...equalities].sort(([a], [b]) => Number(isId(b)) - Number(isId(a)))
  for (const [path, value] of ordered) place(fields, path, value)
  return encodeDocument(fields as Map<string, never>)
}

function place(fields: Fields, dotted: string, value: RawValue): void {
  const path = parsePath(dotted)
  let at = fields
  path.forEach(({ name }, i) => {
    const there = at.get(name)
    if (i === path.length - 1) {
      if (there) throw matchedTwice(dotted)
      at.set(name, value)
    } else if (there instanceof Map) {
      at = there
    } else {
      if (there) throw matchedTwice(dotted)
      const below: Fields = new Map()
      at.set(name, below)
      at = below
    }
  })
}

function matchedTwice(path: string): CommandError {
  return new CommandError(
    'NotSingleValueField',
    `cannot infer query fields to set, path '${path}' is matched twice`,
  )
}
