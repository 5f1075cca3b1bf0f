import { hostname } from 'node:os'
import { DateTime, type Doc, decodeDocument, encodeDocument, type Writable } from '@gantry/bson'
import type { Target } from '../aggregate/pipeline.js'
import { CommandError } from '../errors.js'
import { collectionStatistics } from './collStats.js'
import type { CommandContext } from './command.js'

/** The documents that `$collStats` or `$indexStats` begin a pipeline with. */
export function statisticsOf(
  context: CommandContext,
  stage: '$collStats' | '$indexStats',
  { db, collection: name }: Target,
  options: Buffer,
): Iterable<Buffer> {
  const collection = context.catalog.find(db, name)
  if (stage === '$indexStats') {
    return (collection?.indexes ?? []).map((index) =>
      encodeDocument({
        name: index.name,
        key: index.spec.get('key') as Doc,
        host: hostname(),
        accesses: { ops: 0n, since: DateTime.fromMs(context.now()) },
        spec: index.spec,
      }),
    )
  }
  if (!collection)
    throw new CommandError('NamespaceNotFound', `Collection [${db}.${name}] not found.`)
  const wanted = decodeDocument(options)
  const result: Record<string, Writable> = {
    ns: `${db}.${name}`,
    host: hostname(),
    localTime: DateTime.fromMs(context.now()),
  }
  if (wanted.has('storageStats')) result.storageStats = collectionStatistics(context, name, 1)
  if (wanted.has('count')) result.count = collection.count
  return [encodeDocument(result)]
}
