import type { JsonObject, JsonValue } from './json.js'

/** Something that took long, as a process tells it in its log or in the profile of a database. */
export interface SlowOperation {
  readonly namespace: string
  readonly endedMs: number
  readonly millis: number
  readonly returned: number
  readonly docsExamined: number
  /** It had to put its result in order by itself. */
  readonly sorted: boolean
  /** The command that it was, such as `find`; of a cursor the one that opened it. */
  readonly command: string
  /** What was looked for; empty: everything. */
  readonly filter: JsonObject
  readonly sort: JsonObject
  /** As the process has told it. */
  readonly line: string
}

const SLOW = 'Slow query'

/** Reads a line of MongoDB's log; undefined when it tells of something else. */
export function readSlowLine(line: string): SlowOperation | undefined {
  // Most lines are about something else, and need not be taken apart.
  if (!line.includes(SLOW)) return undefined
  let entry: JsonObject
  try {
    entry = JSON.parse(line) as JsonObject
  } catch {
    return undefined
  }
  const { msg, t, attr } = entry
  if (msg !== SLOW || !isObject(t) || !isObject(attr)) return undefined
  return operationOf(attr, {
    endedMs: Date.parse(String(t.$date)),
    millis: attr.durationMillis,
    line,
  })
}

/** Reads a document of `system.profile`, which has been printed as JSON. */
export function readProfiled(line: string): SlowOperation | undefined {
  const doc = JSON.parse(line) as JsonObject
  const { ts, millis } = doc
  const at = isObject(ts) ? ts.$date : undefined
  const endedMs = typeof at === 'number' ? at : Date.parse(String(at))
  return operationOf(doc, { endedMs, millis, line })
}

function operationOf(
  facts: JsonObject,
  { endedMs, millis, line }: { endedMs: number; millis: JsonValue | undefined; line: string },
): SlowOperation | undefined {
  const { ns, command, originatingCommand } = facts
  if (typeof ns !== 'string' || !isOfUsers(ns) || Number.isNaN(endedMs)) return undefined
  const origin = isObject(originatingCommand) ? originatingCommand : command
  const { nreturned, nMatched, ndeleted } = facts
  return {
    namespace: ns,
    endedMs,
    millis: numberIn(millis),
    returned: numberIn(nreturned ?? nMatched ?? ndeleted),
    docsExamined: numberIn(facts.docsExamined),
    sorted: facts.hasSortStage === true,
    ...queryOf(isObject(origin) ? origin : {}),
    line,
  }
}

/** What a process does for itself is no matter of its users. */
function isOfUsers(namespace: string): boolean {
  const dot = namespace.indexOf('.')
  const [db, collection] = [namespace.slice(0, dot), namespace.slice(dot + 1)]
  if (dot <= 0 || ['admin', 'local', 'config'].includes(db)) return false
  return !collection.startsWith('system.') && !collection.startsWith('$cmd')
}

type Query = Pick<SlowOperation, 'command' | 'filter' | 'sort'>

function queryOf(command: JsonObject): Query {
  const [name = ''] = Object.keys(command)
  const of = (filter: JsonValue | undefined, sort?: JsonValue): Query => ({
    command: name,
    filter: isObject(filter) ? filter : {},
    sort: isObject(sort) ? sort : {},
  })
  switch (name) {
    case 'find':
      return of(command.filter, command.sort)
    case 'count':
    case 'distinct':
      return of(command.query)
    case 'findAndModify':
    case 'findandmodify':
      return of(command.query, command.sort)
    case 'update':
    case 'delete':
      return of(onlyStatement(command[`${name}s`])?.q)
    case 'aggregate':
      return of(...pipelineQuery(command.pipeline))
    case 'q':
      // The profile shows a statement of an update or delete by itself.
      return { ...of(command.q), command: 'u' in command ? 'update' : 'delete' }
    default:
      return of(undefined)
  }
}

function onlyStatement(statements: JsonValue | undefined): JsonObject | undefined {
  if (!Array.isArray(statements) || statements.length !== 1) return undefined
  const [statement] = statements as readonly JsonValue[]
  return isObject(statement) ? statement : undefined
}

/** What a pipeline begins with is what indexes serve. */
function pipelineQuery(pipeline: JsonValue | undefined): [JsonValue | undefined, JsonValue?] {
  const stages = Array.isArray(pipeline) ? (pipeline as readonly JsonValue[]) : []
  const [first, second] = stages.map((stage) => (isObject(stage) ? stage : {}))
  if (first && '$match' in first) return [first.$match, second?.$sort]
  return [undefined, first?.$sort]
}

function numberIn(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
