import { type Doc, encodeValue, type Value } from '@gantry/bson'
import { parsePipeline } from '../aggregate/pipeline.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { expressionsFor } from './expressions.js'
import { checkCollectionName } from './namespace.js'

/** Views on views on views: at most so many deep. */
export const MAX_VIEW_DEPTH = 20
/** Bytes of all stages of a view and of those that it is on. */
const MAX_PIPELINE_SIZE = 16_000_000

export function isView(collection: Collection): boolean {
  return collection.options.has('viewOn')
}

/** The name of the collection that a view is on in the end. */
export function collectionUnder(catalog: Pick<Catalog, 'find'>, view: Collection): string {
  let { name } = view
  for (let on: Collection | undefined = view; on && isView(on); on = catalog.find(view.db, name)) {
    name = on.options.get('viewOn') as string
  }
  return name
}

/** Throws unless a view may be defined so: stages that only read, no circle, not too deep. */
export function checkViewDefinition(
  context: CommandContext,
  name: string,
  { viewOn, pipeline }: { viewOn: string; pipeline: readonly Value[] },
): void {
  const { catalog, db } = context
  if (viewOn === '') throw new CommandError('BadValue', "'viewOn' cannot be empty")
  checkCollectionName(db, viewOn)
  for (const stage of pipeline) refuseWriting(stage)
  const stages = encodeValue([...pipeline])
  if (stages.size > MAX_PIPELINE_SIZE) {
    throw new CommandError(
      'ViewPipelineMaxSizeExceeded',
      `Operation exceeded the maximum view pipeline size of ${MAX_PIPELINE_SIZE} bytes`,
    )
  }
  parsePipeline(stages, { ...expressionsFor(context).options(), db, collection: viewOn })
  const height = heightOf(catalog, db, [viewOn, ...collectionsIn(pipeline)], [name])
  if (height > MAX_VIEW_DEPTH) throw tooDeep()
}

function refuseWriting(stage: Value): void {
  for (const name of ['$out', '$merge']) {
    if (!(stage as Doc).has(name)) continue
    throw new CommandError(
      'OptionNotSupportedOnView',
      `The aggregation stage ${name} in the pipeline is not supported for a view definition`,
    )
  }
}

/** How many views stand on top of one another; a collection has none. */
function heightOf(
  catalog: Pick<Catalog, 'find'>,
  db: string,
  references: readonly string[],
  path: readonly string[],
): number {
  let height = 0
  for (const reference of references) {
    if (path.includes(reference)) {
      throw new CommandError(
        'GraphContainsCycle',
        `View cycle detected: ${[...path, reference].join(' -> ')}`,
      )
    }
    const found = catalog.find(db, reference)
    if (!found || !isView(found)) continue
    if (path.length > MAX_VIEW_DEPTH) throw tooDeep()
    const pipeline = found.options.get('pipeline') as Value[]
    const below = [found.options.get('viewOn') as string, ...collectionsIn(pipeline)]
    height = Math.max(height, heightOf(catalog, db, below, [...path, reference]))
  }
  return height + 1
}

/** The collections that the stages of a pipeline read beside its own. */
export function collectionsIn(pipeline: readonly Value[]): string[] {
  return pipeline.flatMap((stage) => (stage instanceof Map ? [...stage].flatMap(readIn) : []))
}

function readIn([name, argument]: [string, Value]): string[] {
  if (name === '$unionWith' && typeof argument === 'string') return [argument]
  if (!(argument instanceof Map)) return []
  if (name === '$facet') {
    return [...argument.values()].flatMap((inner) =>
      Array.isArray(inner) ? collectionsIn(inner) : [],
    )
  }
  if (!['$lookup', '$graphLookup', '$unionWith'].includes(name)) return []
  const from = argument.get(name === '$unionWith' ? 'coll' : 'from')
  const inner = argument.get('pipeline')
  return [
    ...(typeof from === 'string' ? [from] : []),
    ...(Array.isArray(inner) ? collectionsIn(inner) : []),
  ]
}

export function tooDeep(): CommandError {
  return new CommandError(
    'ViewDepthLimitExceeded',
    `View depth too deep or view cycle detected; maximum depth is ${MAX_VIEW_DEPTH}`,
  )
}
