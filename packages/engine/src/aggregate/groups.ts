import type { Doc, Value } from '@gantry/bson'
import { cannotSpill, MEMORY_LIMIT } from '../spill/working-memory.js'
import { type Accumulator, roughSize, type StartAccumulator } from './accumulators/accumulator.js'
import type { Context } from './scope.js'
import { equalityKey } from './value-set.js'

/** A field of a group and how it comes about. */
export interface AccumulatedField {
  readonly name: string
  readonly start: StartAccumulator
}

export interface Group {
  readonly key: Value | undefined
  readonly accumulators: readonly Accumulator[]
}

export function startGroup(key: Value | undefined, fields: readonly AccumulatedField[]): Group {
  return { key, accumulators: fields.map((field) => field.start(key)) }
}

/** What a new group takes, roughly, in bytes. */
export function sizeOfGroup(key: Value | undefined, fields: readonly AccumulatedField[]): number {
  return 256 + roughSize(key) * 2 + 512 * fields.length
}

/** Adds a document to its group; answers by how many bytes that has grown. */
export function accumulate({ accumulators }: Group, context: Context, doc: Buffer): number {
  context.buf = doc
  context.doc = 0
  context.root = 0
  let grown = 0
  for (const accumulator of accumulators) {
    if (!accumulator.memory) accumulator.accumulate(context)
    else {
      const before = accumulator.memory()
      accumulator.accumulate(context)
      grown += accumulator.memory() - before
    }
  }
  return grown
}

export function documentOf({ key, accumulators }: Group, fields: readonly AccumulatedField[]): Doc {
  const doc: Doc = new Map([['_id', key ?? null]])
  accumulators.forEach((accumulator, i) => {
    const value = accumulator.finish()
    if (value !== undefined) doc.set(fields[i].name, value)
  })
  return doc
}

/** The groups of documents, in the order in which they were met, all in memory. */
export class Groups {
  private readonly groups = new Map<string | number, Group>()
  private bytes = 0

  constructor(
    private readonly fields: readonly AccumulatedField[],
    private readonly context: Context,
    /** The stage that an error is about. */
    private readonly stage: string,
  ) {}

  add(key: Value | undefined, doc: Buffer): void {
    // A missing key and null make one group.
    const text = equalityKey(key ?? null)
    let group = this.groups.get(text)
    if (!group) {
      group = startGroup(key, this.fields)
      this.groups.set(text, group)
      this.bytes += sizeOfGroup(key, this.fields)
    }
    this.bytes += accumulate(group, this.context, doc)
    if (this.bytes > MEMORY_LIMIT) {
      throw cannotSpill(this.stage, MEMORY_LIMIT)
    }
  }

  *documents(): Generator<Doc> {
    for (const group of this.groups.values()) yield documentOf(group, this.fields)
  }
}
