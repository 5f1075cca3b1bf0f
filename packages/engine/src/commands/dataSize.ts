import { type Doc, decodeDocument, encodeDocument, RawValue, type Value } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'
import { CommandError } from '../errors.js'
import { startQuery } from '../plan/execution.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { type CommandContext, command } from './command.js'
import { eachMatch } from './each-match.js'
import { checkCollectionName, checkDatabaseName } from './namespace.js'
import { readFilter } from './query-request.js'
import { integer } from './sizes.js'

const args = {
  dataSize: arg.string,
  keyPattern: optional(arg.document),
  min: optional(arg.document),
  max: optional(arg.document),
  estimate: withDefault(optional(arg.bool), false),
}

/** How much the documents of a collection take, or those in a range of an index. */
export const dataSize = command({
  name: 'dataSize',
  aliases: ['datasize'],
  help: 'How much documents take',
  access: { action: 'find', on: 'database' },
  args,
  async run(context, given) {
    const startMs = performance.now()
    const collection = find(context, given.dataSize)
    checkRange(given)
    const { size, count } = await measure(context, collection, given)
    return {
      size: integer(size),
      numObjects: integer(count),
      millis: Math.round(performance.now() - startMs),
      estimate: given.estimate === true,
    }
  },
})

function find({ catalog }: CommandContext, namespace: string): Collection | undefined {
  const dot = namespace.indexOf('.')
  const db = namespace.slice(0, dot)
  const name = namespace.slice(dot + 1)
  if (dot === -1) {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${namespace}'`)
  }
  checkDatabaseName(db)
  checkCollectionName(db, name)
  return catalog.find(db, name)
}

function checkRange({ min, max, keyPattern }: ArgsOf<typeof args>): void {
  if (!min !== !max) {
    throw new CommandError('BadValue', 'only one of min or max specified')
  }
  if (min && !keyPattern) {
    throw new CommandError('OperationFailed', "couldn't find valid index containing key pattern")
  }
}

async function measure(
  context: CommandContext,
  collection: Collection | undefined,
  { keyPattern, min, max }: ArgsOf<typeof args>,
): Promise<{ size: number; count: number }> {
  const measured = { size: 0, count: 0 }
  if (!collection) return measured
  if (!keyPattern || !min || !max) return { size: collection.dataSize, count: collection.count }
  const index = indexFor(collection, decodeDocument(keyPattern.buf, keyPattern.at))
  const range = rangeOf(index, decoded(min), decoded(max))
  const execution = startQuery(context.view, collection, {
    filter: readFilter(context, RawValue.document(encodeDocument(range))),
    hint: { kind: 'index', index },
  })
  await eachMatch(context, collection, execution, (doc) => {
    measured.size += doc.length
    measured.count++
    return true
  })
  return measured
}

function decoded({ buf, at }: RawValue): Doc {
  return decodeDocument(buf, at)
}

function indexFor(collection: Collection, pattern: Doc): Index {
  const [field] = pattern.keys()
  const index = collection.indexes.find(({ fields }) => fields[0].dotted === field)
  if (!index || pattern.size !== 1) {
    throw new CommandError('OperationFailed', "couldn't find valid index containing key pattern")
  }
  return index
}

/** From `min` on and below `max`, in the first field of the index. */
function rangeOf({ fields }: Index, min: Doc, max: Doc): Record<string, Doc> {
  const bounds: Doc = new Map<string, Value>([
    ['$gte', [...min.values()][0] ?? null],
    ['$lt', [...max.values()][0] ?? null],
  ])
  return { [fields[0].dotted]: bounds }
}
