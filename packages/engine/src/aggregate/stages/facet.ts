import { BsonWriter, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { MEMORY_LIMIT } from '../../spill/working-memory.js'
import { openStages } from '../open.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { checkDocumentSize, type Pipeline, type StageContext, type StageParser } from '../stage.js'
import { type DocumentStream, drain, PAUSE, Pause } from '../stream.js'

/** Several pipelines over the same documents; one document with what each gives. */
export const facet: StageParser = (argument, context) => {
  const facets = parse(argument, context)
  return {
    name: '$facet',
    targets: facets.flatMap(([, pipeline]) => [...pipeline.targets]),
    open: (input, services) => {
      const docs: Buffer[] = []
      let bytes = 0
      let drained = false
      let run: Iterator<Pause | Buffer> | undefined
      const take = (doc: Buffer) => {
        bytes += doc.length + 96
        if (bytes > MEMORY_LIMIT) {
          throw new CommandError(
            'QueryExceededMemoryLimitNoDiskUseAllowed',
            `Exceeded max size of $facet input, ${MEMORY_LIMIT} bytes`,
          )
        }
        docs.push(doc)
      }
      return {
        next: () => {
          if (!drained) {
            const pause = drain(input, services.overdue, take)
            if (pause) return pause
            drained = true
            run = collect(facets, (pipeline) => openStages(pipeline, arrayStream(docs), services))
          }
          const step = run?.next()
          return !step || step.done ? undefined : step.value
        },
        close: () => input.close?.(),
      }
    },
  }
}

function arrayStream(docs: readonly Buffer[]): DocumentStream {
  let at = 0
  return { next: () => docs[at++] }
}

/** Runs one pipeline after the other, passing on their pauses, and ends with the one document. */
function* collect(
  facets: readonly (readonly [string, Pipeline])[],
  open: (pipeline: Pipeline) => DocumentStream,
): Generator<Pause | Buffer> {
  const writer = new BsonWriter()
  const outer = writer.beginDocument()
  for (const [name, pipeline] of facets) {
    const stream = open(pipeline)
    const array = writer.begin(name, 0x04)
    for (let index = 0; ; ) {
      const doc = stream.next()
      if (doc === undefined) break
      if (doc instanceof Pause) yield doc
      else {
        writer.rawElement(String(index++), 0x03, doc, 0, doc.length)
        if (writer.length > MEMORY_LIMIT) checkDocumentSize(Buffer.alloc(writer.length))
        if (index % 1000 === 0) yield PAUSE
      }
    }
    writer.end(array)
  }
  writer.end(outer)
  yield checkDocumentSize(writer.take())
}

function parse(argument: RawValue, context: StageContext): [string, Pipeline][] {
  const fields = isDocument(argument) ? fieldsOf(argument) : []
  if (fields.length === 0) {
    throw new CommandError(40169, 'the $facet specification must be a non-empty object')
  }
  return fields.map(([name, value]) => {
    if (name === '' || name.startsWith('$') || name.includes('.')) checkFacetName(name)
    if (!isArray(value)) {
      throw new CommandError(40170, `arguments to $facet must be arrays, ${name} is not`)
    }
    for (const element of elementsOf(value)) {
      if (isDocument(element)) continue
      throw new CommandError(
        40171,
        `elements of arrays in $facet spec must be non-empty objects, ${name} argument contained an element of type ${typeAlias(element.type)}`,
      )
    }
    const nested = context.parsePipeline(value, {
      ...context,
      nesting: [...context.nesting, '$facet'],
    })
    return [name, nested]
  })
}

function checkFacetName(name: string): never {
  if (name === '') throw new CommandError(15998, 'FieldPath field names may not be empty strings.')
  if (name.startsWith('$')) {
    throw new CommandError(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    )
  }
  throw new CommandError(
    16412,
    "FieldPath field names may not contain '.'. Consider using $getField or $setField.",
  )
}
