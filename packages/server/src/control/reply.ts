import { type Doc, Double, decodeDocument, type Value } from '@gantry/bson'
import type { Command, Deployment } from '../services/deployment.js'

/** Fields of a database command's reply that are about the command, not its subject. */
const REPLY_FIELDS = ['ok', '$clusterTime', 'operationTime']

/** Runs a command and resolves with what it says of its subject. */
export async function ask(deployment: Deployment, db: string, command: Command): Promise<Doc> {
  const reply = decodeDocument(await deployment.command(db, command))
  for (const field of REPLY_FIELDS) reply.delete(field)
  return reply
}

/** A number of whichever type, exact up to 2^53; 0 where there is none. */
export function numberOf(value: Value | undefined): number {
  if (value instanceof Double) return value.value
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0
}

/** What is in a field of a document in a field of a document and so on; undefined where there is none. */
export function valueAt(doc: Value | undefined, ...path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>(
    (value, field) => (value instanceof Map ? value.get(field) : undefined),
    doc,
  )
}

/** The documents in an array; none where there is no array. */
export function docsIn(value: Value | undefined): Doc[] {
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : []
}
