/**
 * What took long on a MongoDB process: what its log tells of, and the profiles of its databases where
 * they are on, which reach further back.
 */
import { DateTime, decodeDocument, printJson, type RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { ask, docsIn, numberOf } from '../reply.js'
import type { IndexKey } from './query-shape.js'
import { readProfiled, readSlowLine, type SlowOperation } from './slow-operation.js'

/** Both in milliseconds since 1970, the end, which may be infinite, not included. */
export interface Period {
  readonly fromMs: number
  readonly toMs: number
}

const PROFILE = 'system.profile'

/** The slow operations within a period, the oldest first. */
export async function slowOperations(
  deployment: Deployment,
  period: Period,
): Promise<SlowOperation[]> {
  const profiled = new Map<string, SlowOperation[]>()
  for (const db of await databasesOf(deployment)) {
    const found = await orNone(profileOf(deployment, db, period))
    if (found.length > 0) profiled.set(db, found)
  }
  const logged = await orNone(loggedBy(deployment))
  // What is in a profile is in the log as well, but for what was before there was one.
  const onlyLogged = logged.filter(({ namespace, endedMs }) => {
    const [oldest] = profiled.get(namespace.slice(0, namespace.indexOf('.'))) ?? []
    return oldest === undefined || endedMs < oldest.endedMs
  })
  return [...[...profiled.values()].flat(), ...onlyLogged]
    .filter(({ endedMs }) => endedMs >= period.fromMs && endedMs < period.toMs)
    .sort((a, b) => a.endedMs - b.endedMs)
}

async function databasesOf(deployment: Deployment): Promise<string[]> {
  const found = await ask(deployment, 'admin', { listDatabases: 1, nameOnly: true })
  return docsIn(found.get('databases'))
    .map((database) => String(database.get('name')))
    .filter((name) => !['admin', 'local', 'config'].includes(name))
}

async function profileOf(
  deployment: Deployment,
  db: string,
  { fromMs }: Period,
): Promise<SlowOperation[]> {
  // To ask for the level is to wait until everything before is in the profile.
  const { was, slowms } = Object.fromEntries(await ask(deployment, db, { profile: -1 }))
  if (numberOf(was) === 0) return []
  const ts = { $gte: DateTime.fromMs(fromMs) }
  const filter = { ts, millis: { $gte: numberOf(slowms) } }
  const found: SlowOperation[] = []
  for await (const batch of deployment.batches(db, { find: PROFILE, filter })) {
    for (const document of batch) found.push(...[readProfiled(textOf(document)) ?? []].flat())
  }
  return found.sort((a, b) => a.endedMs - b.endedMs)
}

function textOf({ buf, at }: RawValue): string {
  return printJson(buf, at).toString()
}

async function loggedBy(deployment: Deployment): Promise<SlowOperation[]> {
  const log = (await ask(deployment, 'admin', { getLog: 'global' })).get('log')
  const lines = Array.isArray(log) ? log.map(String) : []
  return lines.flatMap((line) => readSlowLine(line) ?? [])
}

/** The indexes of a collection that serve any query: those over fields in order, of all documents. */
export async function plainIndexes(deployment: Deployment, namespace: string): Promise<IndexKey[]> {
  const dot = namespace.indexOf('.')
  const list = { listIndexes: namespace.slice(dot + 1) }
  const found: IndexKey[] = []
  for await (const batch of deployment.batches(namespace.slice(0, dot), list)) {
    for (const { buf, at } of batch) {
      const index = decodeDocument(buf, at)
      const isPlain = !['partialFilterExpression', 'sparse', 'hidden', 'collation'].some((name) =>
        index.get(name),
      )
      const key = index.get('key')
      if (!isPlain || !(key instanceof Map)) continue
      const fields = [...key].map(([field, way]) => [field, numberOf(way)] as const)
      if (fields.every(([, way]) => way === 1 || way === -1)) found.push(fields as IndexKey)
    }
  }
  return found
}

/** Nothing, where the process does not have it or may not tell. */
async function orNone<T>(found: Promise<T[]>): Promise<T[]> {
  try {
    return await found
  } catch (error) {
    if (error instanceof AppError && error.kind === 'database') return []
    throw error
  }
}
