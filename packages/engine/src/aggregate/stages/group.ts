import { type Doc, decodeValue, encodeDocument, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { type Accumulator, roughSize, type StartAccumulator } from '../accumulators/accumulator.js'
import { accumulators } from '../accumulators/index.js'
import { fieldsOf, isArray, isDocument } from '../raw-fields.js'
import type { Context } from '../scope.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  type Stage,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { blocking } from '../stream.js'
import { equalityKey } from '../value-set.js'
import { isNumeric } from '../values.js'

/** MongoDB's limit for a stage that may not use the disk. */
export const MEMORY_LIMIT = 100 * 1024 * 1024

/** A field of a group and how it comes about. */
export interface AccumulatedField {
  readonly name: string
  readonly start: StartAccumulator
}

export const group: StageParser = (argument, context) => {
  if (!isDocument(argument)) {
    throw new CommandError(15947, "a group's fields must be specified in an object")
  }
  let id: DocumentValue | undefined
  const fields: AccumulatedField[] = []
  for (const [name, value] of fieldsOf(argument)) {
    if (name === '_id') {
      if (id) throw new CommandError(15948, "a group's _id may only be specified once")
      id = compileValue(checkId(value), context)
    } else if (name === '$doingMerge') {
      throw new CommandError(17030, '$doingMerge should be true if present')
    } else fields.push(parseAccumulatedField(name, value, context))
  }
  if (!id) throw new CommandError(15955, 'a group specification must include an _id')
  return groupStage(id, fields, context.scope.context)
}

/** Refuses what looks like a projection: `{ a: 1 }` for a key. */
function checkId(value: RawValue): RawValue {
  if (!isDocument(value)) return value
  for (const [name, field] of fieldsOf(value)) {
    const flag = decodeValue(field.buf, field.type, field.at)
    if (!name.startsWith('$') && (typeof flag === 'boolean' || isNumeric(flag))) {
      throw new CommandError(17390, '$group does not support inclusion-style expressions')
    }
  }
  return value
}

/** Parses `name: { $accumulator: … }`. */
export function parseAccumulatedField(
  name: string,
  value: RawValue,
  { scope }: StageContext,
): AccumulatedField {
  if (name.includes('.')) {
    throw new CommandError(40235, `The field name '${name}' cannot contain '.'`)
  }
  if (name.startsWith('$')) {
    throw new CommandError(40236, `The field name '${name}' cannot be an operator name`)
  }
  const [operator, ...others] = isDocument(value) ? fieldsOf(value) : []
  if (!operator?.[0].startsWith('$')) {
    throw new CommandError(40234, `The field '${name}' must be an accumulator object`)
  }
  if (others.length > 0) {
    throw new CommandError(40238, `The field '${name}' must specify one accumulator`)
  }
  if (isArray(operator[1]) && operator[0] !== '$accumulator') {
    throw new CommandError(40237, `The ${operator[0]} accumulator is a unary operator`)
  }
  const parser = accumulators.get(operator[0])
  if (!parser) {
    if (operator[0] === '$accumulator') {
      throw new CommandError(
        'CommandNotSupported',
        '$accumulator is not supported: server-side JavaScript is not available',
      )
    }
    throw new CommandError(15952, `unknown group operator '${operator[0]}'`)
  }
  return { name, start: parser(operator[1], scope, operator[0]) }
}

interface Group {
  readonly key: Value | undefined
  readonly accumulators: readonly Accumulator[]
}

/** The groups of documents, in the order in which they were met. */
export class Groups {
  private readonly groups = new Map<string | number, Group>()
  private bytes = 0

  constructor(
    private readonly fields: readonly AccumulatedField[],
    private readonly context: Context,
  ) {}

  add(key: Value | undefined, doc: Buffer): void {
    // A missing key and null make one group.
    const text = equalityKey(key ?? null)
    let group = this.groups.get(text)
    if (!group) {
      group = { key, accumulators: this.fields.map((field) => field.start(key)) }
      this.groups.set(text, group)
      this.charge(128 + roughSize(key) * 2 + 96 * this.fields.length)
    }
    const { context } = this
    context.buf = doc
    context.doc = 0
    context.root = 0
    for (const accumulator of group.accumulators) {
      if (!accumulator.memory) accumulator.accumulate(context)
      else {
        const before = accumulator.memory()
        accumulator.accumulate(context)
        this.charge(accumulator.memory() - before)
      }
    }
  }

  private charge(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > MEMORY_LIMIT) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Exceeded memory limit for $group, but didn't allow external sort. Pass allowDiskUse:true to opt in.`,
      )
    }
  }

  *documents(): Generator<Doc> {
    for (const { key, accumulators } of this.groups.values()) {
      const doc: Doc = new Map([['_id', key ?? null]])
      accumulators.forEach((accumulator, i) => {
        const value = accumulator.finish()
        if (value !== undefined) doc.set(this.fields[i].name, value)
      })
      yield doc
    }
  }
}

export function groupStage(
  id: DocumentValue,
  fields: readonly AccumulatedField[],
  context: Context,
): Stage {
  return {
    name: '$group',
    open: (input, services) => {
      const groups = new Groups(fields, context)
      return blocking(
        input,
        services.overdue,
        (doc) => groups.add(id(doc, 0), doc),
        function* () {
          for (const doc of groups.documents()) yield checkDocumentSize(encodeDocument(doc))
        },
      )
    },
  }
}
