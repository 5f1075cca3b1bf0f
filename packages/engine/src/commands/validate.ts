import { Binary, type Writable } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { type CollectionReport, checkCollection } from '../catalog/consistency.js'
import { scanRecords } from '../catalog/records.js'
import type { View } from '../storage/view.js'
import { arg } from './args.js'
import { type CommandContext, command } from './command.js'
import { isValid } from './document-validation.js'
import { existing } from './existing-collection.js'
import { checkCollectionName } from './namespace.js'
import { truthyArg } from './truthy.js'

/**
 * Whether a collection's records, indexes and counters agree with one another. All of it
 * is always looked at; nothing is repaired.
 */
export const validate = command({
  name: 'validate',
  help: 'Checks what is stored of a collection',
  access: { action: 'validate', on: 'collection' },
  takesAnything: true,
  args: {
    validate: arg.collectionName,
    full: truthyArg,
    repair: truthyArg,
    fixMultikey: truthyArg,
    checkBSONConformance: truthyArg,
    metadata: truthyArg,
    background: truthyArg,
  },
  async run(context, { validate: name }) {
    checkCollectionName(context.db, name)
    existing(context, name)
    // When this write is done nothing else is half written, until the next turn of the loop.
    await context.define(() => {})
    const collection = frozen(existing(context, name))
    const snapshot = context.store.snapshot()
    try {
      const check = checkCollection(snapshot, collection)
      let step = check.next()
      while (!step.done) {
        await context.breathe()
        step = check.next()
      }
      const refused = await countRefused(context, snapshot, collection)
      return replyOf(collection, step.value, refused)
    } finally {
      snapshot.release()
    }
  },
})

/** The collection with the counters that it has just now. */
function frozen(collection: Collection): Collection {
  return { ...collection, indexes: collection.indexes.map((index) => ({ ...index })) }
}

const STRETCH = 256

/** Documents that the collection's validator would refuse. */
async function countRefused(
  context: CommandContext,
  view: View,
  collection: Collection,
): Promise<number> {
  if (!collection.options.has('validator')) return 0
  let refused = 0
  let after: number | undefined
  for (let seen = STRETCH; seen === STRETCH; await context.breathe()) {
    seen = 0
    scanRecords(view, collection, { after }, (recordId, entry) => {
      if (!isValid(context, collection, entry.value, 0)) refused++
      after = recordId
      return ++seen < STRETCH
    })
  }
  return refused
}

function replyOf(
  collection: Collection,
  { records, entries, problems }: CollectionReport,
  refused: number,
): Readonly<Record<string, Writable>> {
  const indexes = collection.indexes.filter(({ building }) => !building)
  return {
    ns: `${collection.db}.${collection.name}`,
    uuid: new Binary(collection.uuid, 4),
    nInvalidDocuments: problems.filter((problem) => problem.includes('malformed')).length,
    nNonCompliantDocuments: refused,
    nrecords: records,
    nIndexes: indexes.length,
    keysPerIndex: { ...entries },
    indexDetails: Object.fromEntries(
      indexes.map(({ name }) => [
        name,
        { valid: !problems.some((problem) => problem.includes(name)) },
      ]),
    ),
    valid: problems.length === 0,
    repaired: false,
    warnings: [],
    errors: [...problems],
    extraIndexEntries: [],
    missingIndexEntries: [],
    corruptRecords: [],
  }
}
