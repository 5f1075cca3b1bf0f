import {
  type Doc,
  Double,
  decodeDocument,
  KeyWriter,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { compileKeys, type IndexField, indexField, type KeyMaker } from '../catalog/index-keys.js'
import { CommandError } from '../errors.js'

/** The fields of a sort, or `natural` for the order of the records. */
export type SortPattern =
  | { readonly kind: 'fields'; readonly fields: readonly IndexField[] }
  | { readonly kind: 'natural'; readonly reverse: boolean }

/** Reads a sort document; undefined when it asks for no order. */
export function parseSort(sort: RawValue | undefined): SortPattern | undefined {
  if (!sort) return undefined
  const pattern = decodeDocument(sort.buf, sort.at)
  if (pattern.size === 0) return undefined
  if (pattern.has('$natural')) return naturalSort(pattern)
  return {
    kind: 'fields',
    fields: [...pattern].map(([field, direction]) => {
      checkSortField(field)
      return indexField(field, sortDirection(field, direction))
    }),
  }
}

function naturalSort(pattern: Doc): SortPattern {
  if (pattern.size > 1) {
    throw new CommandError('BadValue', '$natural sort cannot be set to a value other than -1 or 1.')
  }
  return {
    kind: 'natural',
    reverse: sortDirection('$natural', pattern.get('$natural') as Value) < 0,
  }
}

function checkSortField(field: string): void {
  if (field === '')
    throw new CommandError(15998, 'FieldPath cannot be constructed with empty string')
  if (field.startsWith('$')) {
    throw new CommandError(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    )
  }
  if (field.split('.').includes('')) {
    throw new CommandError(15998, 'FieldPath field names may not be empty strings.')
  }
}

function sortDirection(field: string, value: Value): number {
  if (value instanceof Map) {
    if (value.has('$meta')) {
      throw new CommandError('CommandNotSupported', `$meta sort on '${field}' is not supported`)
    }
    throw new CommandError(15974, `Illegal key in $sort specification: ${field}`)
  }
  const direction =
    value instanceof Double ? value.value : typeof value === 'bigint' ? Number(value) : value
  if (direction !== 1 && direction !== -1) {
    if (typeof direction !== 'number') {
      throw new CommandError(
        15974,
        `Illegal key in $sort specification: ${field}: it must be 1 or -1`,
      )
    }
    throw new CommandError(
      15975,
      '$sort key ordering must be 1 (for ascending) or -1 (for descending)',
    )
  }
  return direction
}

/**
 * Makes the bytes by which documents sort: of the values that an array gives, the lowest
 * counts, or the highest where a field descends.
 */
export function compileSortKey(
  fields: readonly IndexField[],
): (buf: Buffer, doc: number) => Buffer {
  const single = fields.map((field) => compileKeys([field]))
  const together = compileKeys(fields)
  const joined = new KeyWriter()

  return (buf, doc) => {
    try {
      return lowest(together, buf, doc)
    } catch (error) {
      // Two fields run through different arrays: each field then counts by itself.
      if (!(error instanceof CommandError)) throw error
      joined.reset()
      for (const keys of single) {
        const key = lowest(keys, buf, doc)
        joined.raw(key, 0, key.length)
      }
      return joined.copy()
    }
  }
}

function lowest(keys: KeyMaker, buf: Buffer, doc: number): Buffer {
  let best: Buffer | undefined
  keys(buf, doc, 0, (key) => {
    if (!best || best.compare(key.bytes()) > 0) best = key.copy()
  })
  return best as Buffer
}
