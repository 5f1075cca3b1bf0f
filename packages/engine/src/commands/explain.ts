import { type Doc, Double, decodeDocument, type RawValue, readName, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { elementsOf } from '../query/elements.js'
import { arg, optional } from './args.js'
import { requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { explainPipeline } from './explain-pipeline.js'
import { explainQuery, type Verbosity, verbosities } from './explain-plan.js'
import { readQuery } from './query-request.js'
import { isView } from './view-definition.js'
import { stagesOf } from './view-query.js'

/** How a command would find its documents, and with `executionStats` what that takes. */
export const explain = command({
  name: 'explain',
  help: 'How a query finds its documents',
  access: 'authenticated',
  takesReadConcern: true,
  args: { explain: arg.document, verbosity: optional(arg.string) },
  async run(context, { explain: explained, verbosity = 'allPlansExecution' }) {
    if (!isVerbosity(verbosity)) {
      throw new CommandError(
        'BadValue',
        `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`,
      )
    }
    if (readName(explained.buf, explained.at + 5) === 'aggregate') {
      return explainAggregate(context, explained, verbosity)
    }
    const { collectionName, args } = readExplained(explained)
    requireAction(context, 'find', { db: context.db, collection: collectionName })
    const collection = context.catalog.find(context.db, collectionName)
    if (collection && isView(collection)) {
      const pipeline = stagesOf(args)
      return explainPipeline(context, collectionName, { pipeline, verbosity })
    }
    const request = readQuery(context, collection, args)
    const { filter } = args
    const plan = await explainQuery(context, collectionName, collection, request, filter, verbosity)
    return { explainVersion: '1', ...plan }
  },
})

function isVerbosity(text: string): text is Verbosity {
  return (verbosities as readonly string[]).includes(text)
}

function explainAggregate(context: CommandContext, explained: RawValue, verbosity: Verbosity) {
  const name = decodeDocument(explained.buf, explained.at).get('aggregate')
  const pipeline = rawOf(explained, ['pipeline'])
  if (!pipeline) {
    throw new CommandError(
      'MissingFieldIDL',
      "BSON field 'aggregate.pipeline' is missing but a required field",
    )
  }
  return explainPipeline(context, typeof name === 'string' ? name : undefined, {
    pipeline,
    verbosity,
    hint: rawOf(explained, ['hint']),
    let: rawOf(explained, ['let']),
  })
}

/** The parts of a find, count, distinct, update, delete or findAndModify that say which documents it is about. */
function readExplained(explained: RawValue) {
  const { buf, at } = explained
  const doc = decodeDocument(buf, at)
  const name = readName(buf, at + 5)
  const statement = firstStatement(doc, name)
  const filter = rawOf(
    explained,
    statement ? [...statement, 'q'] : [filterField[name] ?? refuse(name)],
  )
  const collectionName = doc.get(name)
  if (typeof collectionName !== 'string') {
    throw new CommandError('InvalidNamespace', 'collection name has invalid type')
  }
  return {
    collectionName,
    args: {
      filter,
      sort: rawOf(explained, ['sort']),
      projection: name === 'find' ? rawOf(explained, ['projection']) : undefined,
      hint: rawOf(explained, statement ? [...statement, 'hint'] : ['hint']),
      skip: numberOf(doc.get('skip')),
      limit: numberOf(doc.get('limit')),
    },
  }
}

const filterField: Readonly<Record<string, string>> = {
  find: 'filter',
  count: 'query',
  distinct: 'query',
  findAndModify: 'query',
}

function firstStatement(doc: Doc, name: string): readonly string[] | undefined {
  const list = name === 'update' ? 'updates' : name === 'delete' ? 'deletes' : undefined
  if (!list) return undefined
  const statements = doc.get(list)
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw new CommandError('InvalidLength', 'explained write batches must be of size 1')
  }
  return [list, '0']
}

function refuse(name: string): never {
  throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${name}`)
}

function rawOf(document: RawValue, path: readonly string[]): RawValue | undefined {
  let value: RawValue | undefined = document
  for (const name of path) {
    const container: RawValue | undefined = value
    value =
      container &&
      elementsOf(container.buf, container.at).find((element) => element.name === name)?.value
  }
  return value
}

function numberOf(value: Value | undefined): number {
  return value instanceof Double ? value.value : Number(value ?? 0)
}
