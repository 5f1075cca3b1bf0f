import { createHash, type Hash } from 'node:crypto'
import { hostname } from 'node:os'
import { Binary, encodeDocument, RawValue } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { startQuery } from '../plan/execution.js'
import { parseSort } from '../plan/sort-keys.js'
import { type Arg, arg } from './args.js'
import { type CommandContext, command } from './command.js'
import { eachMatch } from './each-match.js'
import { isView } from './view-definition.js'

/** Names of the collections that are meant; what is no list of names means all. */
const collectionsArg: Arg<readonly string[] | undefined> = {
  read(value) {
    const names = arg.value.read(value, 'dbHash.collections')
    const strings = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
    return strings.length > 0 ? strings : undefined
  },
  fallback: () => undefined,
}

/** A hash of all documents of each collection, so that databases can be compared. */
export const dbHash = command({
  name: 'dbHash',
  aliases: ['dbhash'],
  help: 'A hash of all documents of each collection',
  access: { action: 'dbHash', on: 'database' },
  takesAnything: true,
  args: { dbHash: arg.any, collections: collectionsArg },
  async run(context, { collections: names }) {
    const startMs = performance.now()
    const wanted = context.catalog
      .collections(context.db)
      .filter((collection) => !isView(collection) && (names?.includes(collection.name) ?? true))
    const hashes: [string, string][] = []
    for (const collection of wanted) {
      hashes.push([collection.name, await hashOf(context, collection)])
    }
    const all = createHash('md5')
    for (const [, hash] of hashes) all.update(hash)
    return {
      host: hostname(),
      collections: Object.fromEntries(hashes),
      capped: wanted.filter(isCapped).map(({ name }) => name),
      uuids: Object.fromEntries(wanted.map(({ name, uuid }) => [name, new Binary(uuid, 4)])),
      md5: all.digest('hex'),
      timeMillis: Math.round(performance.now() - startMs),
    }
  },
})

function isCapped({ options }: Collection): boolean {
  return options.get('capped') === true
}

/** Documents in the order of their ids, but in that of their insertion where that is what counts. */
async function hashOf(context: CommandContext, collection: Collection): Promise<string> {
  const order = isCapped(collection) ? '$natural' : '_id'
  const execution = startQuery(context.view, collection, {
    filter: { kind: 'alwaysTrue' },
    sort: parseSort(RawValue.document(encodeDocument({ [order]: 1 }))),
  })
  const hash: Hash = createHash('md5')
  await eachMatch(context, collection, execution, (doc) => {
    hash.update(doc)
    return true
  })
  return hash.digest('hex')
}
