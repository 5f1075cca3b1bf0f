import type { Reply } from '../engine.js'
import type { Operation } from '../operations.js'
import type { Counters } from './counters.js'

/** The arguments that say how many statements a command has. */
interface BatchArgs {
  readonly documents?: readonly unknown[]
  readonly updates?: readonly unknown[]
  readonly deletes?: readonly unknown[]
  readonly ordered?: boolean
}

/** Adds a command that has ended to the counters: its statements, and the documents that it read or wrote. */
export function countOperation(
  { operations, documents, scanned, asserts }: Counters,
  { kind, command, plan, keysExamined, docsExamined }: Operation,
  args: unknown,
  reply: Reply | undefined,
): void {
  const statements = kind.statements && (args as BatchArgs | undefined)?.[kind.statements]
  operations[kind.counter] += statements
    ? statementsRun(statements.length, args as BatchArgs, reply)
    : 1
  if (plan) {
    scanned.keys += keysExamined
    scanned.documents += docsExamined
    if (command !== 'getMore') {
      if (plan.access.kind === 'collection') scanned.collections++
      if (!plan.sorted) scanned.sorts++
    }
  }
  if (!reply) return
  const { writeErrors } = reply
  if (Array.isArray(writeErrors)) asserts.user += writeErrors.length
  countDocuments(documents, command, reply)
}

/** An ordered batch ends with its first error. */
function statementsRun(given: number, { ordered }: BatchArgs, reply: Reply | undefined): number {
  const errors = reply?.writeErrors as readonly { readonly index: number }[] | undefined
  return errors && errors.length > 0 && ordered !== false ? errors[0].index + 1 : given
}

interface Counted {
  readonly cursor?: {
    readonly firstBatch?: readonly unknown[]
    readonly nextBatch?: readonly unknown[]
  }
  readonly n?: number
  readonly upserted?: readonly unknown[]
  readonly lastErrorObject?: {
    readonly n: number
    readonly updatedExisting?: boolean
    readonly upserted?: unknown
  }
}

function countDocuments(documents: Counters['documents'], command: string, reply: Reply): void {
  const { cursor, n, upserted, lastErrorObject } = reply as unknown as Counted
  switch (command) {
    case 'find':
    case 'aggregate':
    case 'getMore':
      documents.returned += (cursor?.firstBatch ?? cursor?.nextBatch)?.length ?? 0
      break
    case 'insert':
      documents.inserted += Number(n)
      break
    case 'update':
      documents.inserted += upserted?.length ?? 0
      documents.updated += Number(n) - (upserted?.length ?? 0)
      break
    case 'delete':
      documents.deleted += Number(n)
      break
    case 'findAndModify':
      if (lastErrorObject?.updatedExisting === undefined)
        documents.deleted += lastErrorObject?.n ?? 0
      else if (lastErrorObject.upserted !== undefined) documents.inserted++
      else documents.updated += lastErrorObject.n
      break
  }
}
