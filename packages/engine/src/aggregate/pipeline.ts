import { type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type ExpressionOptions, rootScope } from './expression.js'
import { splitLeading } from './leading.js'
import { optimise } from './optimise.js'
import { elementsOf, fieldsOf, isArray, isDocument } from './raw-fields.js'
import type { Nesting, Pipeline, Stage, StageContext } from './stage.js'
import { stages as parsers, unsupportedStages } from './stages/index.js'

export { openPipeline, openRest, openStages } from './open.js'
export type * from './services.js'
export type { Pipeline } from './stage.js'
export { type DocumentStream, type Next, Pause } from './stream.js'

export interface PipelineOptions extends ExpressionOptions {
  readonly db: string
  /** Undefined when the pipeline runs on a whole database (`aggregate: 1`). */
  readonly collection: string | undefined
}

/** Parses the stages of an `aggregate` command, or of a view. Throws MongoDB's errors on what makes no sense. */
export function parsePipeline(stages: RawValue, options: PipelineOptions): Pipeline {
  if (!isArray(stages)) {
    throw new CommandError(
      'TypeMismatch',
      `A pipeline must be an array of objects, got ${typeAlias(stages.type)}`,
    )
  }
  return parseStages(stages, {
    scope: rootScope(options),
    db: options.db,
    collection: options.collection,
    nesting: [],
    parsePipeline: parseStages,
  })
}

const MOST_STAGES = 1000
const DEEPEST_NESTING = 20

function parseStages(value: RawValue, context: StageContext): Pipeline {
  if (context.nesting.length > DEEPEST_NESTING) {
    throw new CommandError(
      232,
      `Maximum number of nested sub-pipelines exceeded. Limit is ${DEEPEST_NESTING}`,
    )
  }
  const elements = elementsOf(value)
  if (elements.length > MOST_STAGES) {
    throw new CommandError(7749501, `Pipeline length must be no longer than ${MOST_STAGES} stages`)
  }
  const names: string[] = []
  const parsed = elements.flatMap((element, position) => {
    const [name, argument] = readStage(element)
    names.push(name)
    checkPlace(name, position, elements.length, context)
    const stage = parseStage(name, argument, context)
    return stage
  })
  checkSource(parsed, context)
  const { leading, rest } = splitLeading(optimise(parsed))
  return {
    leading,
    stages: rest,
    ownSource: rest[0]?.source === true,
    names,
    targets: parsed.flatMap((stage) => stage.targets ?? []),
  }
}

function readStage(element: RawValue): readonly [string, RawValue] {
  if (!isDocument(element)) {
    throw new CommandError('TypeMismatch', "Each element of the 'pipeline' array must be an object")
  }
  const fields = fieldsOf(element)
  if (fields.length !== 1) {
    throw new CommandError(
      40323,
      'A pipeline stage specification object must contain exactly one field.',
    )
  }
  return fields[0]
}

function parseStage(name: string, argument: RawValue, context: StageContext): Stage | Stage[] {
  const parser = parsers.get(name)
  if (parser) return parser(argument, context, name)
  if (unsupportedStages.has(name)) {
    throw new CommandError('CommandNotSupported', `the stage ${name} is not supported`)
  }
  throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`)
}

const FIRST = new Set(['$collStats', '$indexStats', '$documents'])
const LAST = new Set(['$out', '$merge'])

/** What a stage that writes is answered within a nested pipeline. */
const NO_WRITES: Record<Nesting, (name: string) => CommandError> = {
  $facet: (name) =>
    new CommandError(40600, `${name} is not allowed to be used within a $facet stage`),
  $lookup: (name) =>
    new CommandError(51047, `${name} is not allowed within a $lookup's sub-pipeline`),
  $unionWith: (name) =>
    new CommandError(31441, `${name} is not allowed within a $unionWith's sub-pipeline`),
}

/** Stages that cannot stand anywhere within `$facet`. */
const NOT_IN_FACET = new Set([
  '$changeStream',
  '$collStats',
  '$currentOp',
  '$documents',
  '$facet',
  '$geoNear',
  '$indexStats',
  '$listCatalog',
  '$planCacheStats',
  '$queryStats',
  '$search',
  '$searchMeta',
  '$vectorSearch',
])

function checkPlace(name: string, position: number, count: number, context: StageContext): void {
  const direct = context.nesting.at(-1) === '$facet'
  if (
    context.nesting.includes('$facet') &&
    NOT_IN_FACET.has(name) &&
    (direct || name !== '$documents')
  ) {
    throw new CommandError(40600, `${name} is not allowed to be used within a $facet stage`)
  }
  if (LAST.has(name)) {
    const innermost = context.nesting.at(-1)
    if (innermost) throw NO_WRITES[innermost](name)
    if (position < count - 1) {
      throw new CommandError(40601, `${name} can only be the final stage in the pipeline`)
    }
  }
  if (FIRST.has(name) && position > 0) {
    throw new CommandError(40602, `${name} is only valid as the first stage in a pipeline`)
  }
}

/** A pipeline of a whole database must make its own documents, one of a collection must not. */
function checkSource(stages: readonly Stage[], context: StageContext): void {
  const first: Stage | undefined = stages[0]
  if (context.collection === undefined && !first?.source) {
    throw new CommandError(
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${first?.name ?? 'an empty pipeline'}'; a collection is required.`,
    )
  }
  if (first?.name !== '$documents') return
  const nested = context.nesting.at(-1)
  if (context.collection !== undefined && !nested) {
    throw new CommandError('InvalidNamespace', `'$documents' can only be run with {aggregate: 1}`)
  }
}
