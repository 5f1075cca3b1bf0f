import {
  type Doc,
  decodeDocument,
  encodeValue,
  type RawValue,
  Timestamp,
  type Value,
} from '@gantry/bson'
import { openStages } from '../aggregate/open.js'
import { type DocumentStream, Pause, parsePipeline } from '../aggregate/pipeline.js'
import { copyRecord } from '../catalog/records.js'
import type { ChangeStreamOptions, Watched } from '../change-streams/event.js'
import { type ChangeStream, openChangeStream, tokenDocument } from '../change-streams/stream.js'
import { decodeToken, type ResumeToken } from '../change-streams/token.js'
import { CommandError } from '../errors.js'
import { compareTimestamps } from '../oplog/clock.js'
import { findById } from '../plan/source.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import type { CommandContext } from './command.js'
import type { CursorSource, ReadContext } from './cursors.js'
import { expressionsFor } from './expressions.js'
import { pipelineServices } from './pipeline-services.js'
import { readDocument } from './read-args.js'

const optionArgs = {
  fullDocument: withDefault(arg.string, 'default'),
  fullDocumentBeforeChange: withDefault(arg.string, 'off'),
  resumeAfter: optional(arg.document),
  startAfter: optional(arg.document),
  startAtOperationTime: optional(arg.value),
  allChangesForCluster: withDefault(arg.bool, false),
  showExpandedEvents: withDefault(arg.bool, false),
  showSystemEvents: withDefault(arg.bool, false),
}

/** Stages that may follow `$changeStream`. */
const allowedStages: ReadonlySet<string> = new Set([
  '$addFields',
  '$match',
  '$project',
  '$redact',
  '$replaceRoot',
  '$replaceWith',
  '$set',
  '$unset',
  '$changeStreamSplitLargeEvent',
])

/** A pipeline that begins with `$changeStream`. */
export interface ChangeStreamStages {
  readonly options: RawValue
  /** The stages behind it, as an array. */
  readonly rest: RawValue
}

/** A cursor over the changes from now on, or from where an earlier one has come to. */
export function openChangeStreamCursor(
  context: CommandContext,
  collection: string | undefined,
  { options, rest }: ChangeStreamStages,
  variables: RawValue | undefined,
): CursorSource {
  const given = readDocument(
    '$changeStream',
    optionArgs,
    arg.document.read(options, '$changeStream'),
  )
  const streamOptions = readOptions(given)
  const watched = watchedBy(context, collection, given.allChangesForCluster)
  const start = startOf(context, given)
  const reading: { context: ReadContext } = { context }
  const stream = openChangeStream(context.oplog, watched, streamOptions, start, (db, name, id) =>
    lookUp(reading.context, db, name, id),
  )
  const pipeline = parsePipeline(rest, {
    ...expressionsFor(context, variables).options(),
    db: context.db,
    collection: collection ?? '$cmd.aggregate',
  })
  for (const name of pipeline.names) {
    if (!allowedStages.has(name)) {
      throw new CommandError(
        'IllegalOperation',
        `${name} is not permitted in a $changeStream pipeline`,
      )
    }
  }
  const services = pipelineServices(context)
  const events = eventStream(stream, reading)
  const results = openStages(pipeline, events, services)
  return {
    awaitsData: true,
    async next(current, { batchSize, waitMs = 0 }) {
      reading.context = current
      services.resume(current)
      const docs = await collect(results, stream, current, batchSize, waitMs)
      return {
        docs,
        done: stream.invalidated && events.drained,
        postBatchResumeToken: tokenDocument(events.drained ? stream.position : events.position),
      }
    },
  }
}

interface EventStream extends DocumentStream {
  /** Everything that was read of the log has been handed on. */
  readonly drained: boolean
  /** Behind the last event that was handed on. */
  readonly position: ResumeToken
}

function eventStream(stream: ChangeStream, reading: { context: ReadContext }): EventStream {
  let fetched: Buffer[] = []
  let at = 0
  let position = stream.position
  return {
    next() {
      if (at >= fetched.length) {
        fetched = stream.read(reading.context.view)
        at = 0
        if (fetched.length === 0) return stream.invalidated ? undefined : new Pause()
      }
      const event = fetched[at++]
      position = decodeToken(decodeDocument(event).get('_id') as Doc)
      return event
    },
    get drained() {
      return at >= fetched.length
    },
    get position() {
      return position
    },
  }
}

/** Takes events until the batch is full or, with at least one or after the time to wait, there are none left. */
async function collect(
  results: DocumentStream,
  stream: ChangeStream,
  context: ReadContext,
  batchSize: number,
  waitMs: number,
): Promise<Buffer[]> {
  const docs: Buffer[] = []
  const until = performance.now() + waitMs
  while (docs.length < batchSize) {
    const doc = results.next()
    if (doc === undefined) break
    if (!(doc instanceof Pause)) {
      docs.push(doc)
      continue
    }
    if (!stream.atEnd) {
      await context.breathe()
      continue
    }
    const left = until - performance.now()
    if (docs.length > 0 || left <= 0) break
    await context.commits.wait(Math.min(left, LONGEST_WAIT_MS))
    await context.breathe()
  }
  return docs
}

/** A waiting cursor looks this often whether it was killed. */
const LONGEST_WAIT_MS = 500

function readOptions(given: ArgsOf<typeof optionArgs>): ChangeStreamOptions {
  const { fullDocument, fullDocumentBeforeChange, showExpandedEvents } = given
  if (!['default', 'updateLookup', 'whenAvailable', 'required'].includes(fullDocument)) {
    throw new CommandError(
      'BadValue',
      `Enumeration value '${fullDocument}' for field '$changeStream.fullDocument' is not a valid value.`,
    )
  }
  if (!['off', 'whenAvailable', 'required'].includes(fullDocumentBeforeChange)) {
    throw new CommandError(
      'BadValue',
      `Enumeration value '${fullDocumentBeforeChange}' for field '$changeStream.fullDocumentBeforeChange' is not a valid value.`,
    )
  }
  return {
    fullDocument: fullDocument as ChangeStreamOptions['fullDocument'],
    fullDocumentBeforeChange:
      fullDocumentBeforeChange as ChangeStreamOptions['fullDocumentBeforeChange'],
    showExpandedEvents,
  }
}

function watchedBy(context: CommandContext, collection: string | undefined, all: boolean): Watched {
  const { db } = context
  if (all) {
    if (db !== 'admin' || collection !== undefined) {
      throw new CommandError(
        'InvalidOptions',
        "A $changeStream with 'allChangesForCluster:true' may only be opened on the 'admin' database, and with no collection name",
      )
    }
    return {}
  }
  if (['admin', 'config', 'local'].includes(db)) {
    throw new CommandError(
      'InvalidNamespace',
      `$changeStream may not be opened on the internal ${db} database`,
    )
  }
  if (collection?.startsWith('system.')) {
    throw new CommandError(
      'InvalidNamespace',
      `$changeStream may not be opened on the internal ${db}.${collection} collection`,
    )
  }
  const found = collection !== undefined && context.catalog.find(db, collection)
  if (found && found.options.has('viewOn')) {
    throw new CommandError(
      'CommandNotSupportedOnView',
      `Namespace ${db}.${collection} is a view, not a collection`,
    )
  }
  return { db, collection }
}

function startOf(context: CommandContext, given: ArgsOf<typeof optionArgs>): ResumeToken {
  const { resumeAfter, startAfter, startAtOperationTime } = given
  const { clock, completeFrom } = context.oplog
  if (
    [resumeAfter, startAfter, startAtOperationTime].filter((way) => way !== undefined).length > 1
  ) {
    throw new CommandError(
      50865,
      "Only one of 'resumeAfter', 'startAfter' and 'startAtOperationTime' may be given",
    )
  }
  let start: ResumeToken = { ts: clock.latest, kind: 'between' }
  const token = resumeAfter ?? startAfter
  if (token) start = decodeToken(decodeDocument(token.buf, token.at))
  if (resumeAfter && start.kind === 'invalidate') {
    throw new CommandError(
      'InvalidResumeToken',
      "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.",
    )
  }
  if (startAtOperationTime instanceof Timestamp) {
    start = { ts: justBefore(startAtOperationTime), kind: 'between' }
  } else if (startAtOperationTime !== undefined) {
    throw new CommandError(
      'TypeMismatch',
      "BSON field '$changeStream.startAtOperationTime' is the wrong type, expected type 'timestamp'",
    )
  }
  if (compareTimestamps(start.ts, completeFrom) < 0) {
    throw new CommandError(
      'ChangeStreamHistoryLost',
      'Resume of change stream was not possible, as the resume point may no longer be in the oplog.',
      { errorLabels: ['NonResumableChangeStreamError'] },
    )
  }
  return start
}

function justBefore({ t, i }: Timestamp): Timestamp {
  return i > 0 ? new Timestamp(t, i - 1) : new Timestamp(Math.max(t - 1, 0), 0xffffffff)
}

/** The document as it is now. */
function lookUp(
  { catalog, view }: ReadContext,
  db: string,
  name: string,
  id: Value,
): Doc | undefined {
  const collection = catalog.find(db, name)
  if (!collection) return undefined
  const { buf, type, at } = encodeValue(id)
  const recordId = findById(view, collection, buf, type, at)
  const doc = recordId === undefined ? undefined : copyRecord(view, collection, recordId)
  return doc && decodeDocument(doc)
}
