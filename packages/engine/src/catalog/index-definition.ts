import type { Doc, Value } from '@gantry/bson'
import { compileFilter } from '../query/compile.js'
import type { DocumentPredicate, Filter } from '../query/filter.js'
import {
  compileKeys,
  hashedField,
  type IndexField,
  indexField,
  type KeyMaker,
  type KeyVisitor,
} from './index-keys.js'
import { numeric, parsePartialFilter } from './index-spec.js'

/** An index, ready to make keys with. */
export interface Index {
  /** Stands before its keys. Never used again after a drop. */
  readonly id: number
  readonly name: string
  /** The specification as `listIndexes` shows it. */
  spec: Doc
  readonly fields: readonly IndexField[]
  readonly unique: boolean
  /** Takes no further duplicates, so that it may become unique; its entries are those of any other index. */
  prepareUnique: boolean
  readonly sparse: boolean
  /** The documents that a partial index holds; undefined for all. */
  readonly covers?: DocumentPredicate
  /** What `covers` is compiled from. */
  readonly partialFilter?: Filter
  readonly keysOf: KeyMaker
  /** Being filled: writers keep it, queries do not use it. */
  building: boolean
  /** Bit i: some document has, or had, an array in field i. */
  multikey: number
  /** A key was too long to be stored whole, so the order of entries is not quite that of the values. */
  truncated: boolean
  /** Bytes of all entries. */
  size: number
}

export const ID_INDEX = '_id_'

/** What is stored of an index beside its specification. */
export interface IndexState {
  readonly id: number
  readonly building: boolean
  readonly multikey: number
  readonly truncated: boolean
  readonly size: number
}

export function createIndex(spec: Doc, state: IndexState): Index {
  const fields = [...(spec.get('key') as Doc)].map(([name, kind]) =>
    kind === 'hashed' ? hashedField(name) : indexField(name, numeric(kind) ?? 1),
  )
  const partial = spec.get('partialFilterExpression') as Doc | undefined
  const partialFilter = partial && parsePartialFilter(partial)
  return {
    ...state,
    name: spec.get('name') as string,
    spec,
    fields,
    unique: spec.get('unique') === true || spec.get('name') === ID_INDEX,
    prepareUnique: spec.get('prepareUnique') === true,
    sparse: spec.get('sparse') === true,
    partialFilter,
    covers: partialFilter && compileFilter(partialFilter),
    keysOf: compileKeys(fields),
  }
}

/** The specification of the index on `_id`, which every collection has. */
export function idIndexSpec(): Doc {
  return new Map<string, Value>([
    ['v', 2],
    ['key', new Map([['_id', 1]])],
    ['name', ID_INDEX],
  ])
}

/** Visits the keys that a document has in an index: none when a sparse or partial index leaves it out. Returns the fields that arrays give several keys, as bits. */
export function eachKey(index: Index, doc: Buffer, visit: KeyVisitor): number {
  if (index.covers && !index.covers(doc, 0)) return 0
  if (index.sparse && index.keysOf(doc, 0, index.id, () => {}).allMissing) return 0
  return index.keysOf(doc, 0, index.id, visit).multikey
}
