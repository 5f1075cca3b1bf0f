import { formatJson, type OperationReply } from '@gantry/client'
import { printable } from '../output.js'
import { toNumber } from './sample.js'

/** An operation under way. */
export interface Operation {
  readonly op: string
  readonly ns: string
  /** Undefined when the server does not say. */
  readonly ageMs: number | undefined
  readonly client: string
  readonly opid: string
  /** JSON text. */
  readonly query: string
}

/** What goes on in a collection. */
export interface CollectionLoad {
  readonly ns: string
  readonly reads: number
  readonly writes: number
  readonly others: number
  /** Age of the oldest operation. */
  readonly oldestMs: number | undefined
}

/** What operations can be sorted by, in the order in which a key goes through them. */
export const sortColumns = ['age', 'op', 'ns', 'client'] as const

export type SortColumn = (typeof sortColumns)[number]

/** Operations under way; connections that wait for work are left out. */
export function readOperations(inprog: readonly OperationReply[]): Operation[] {
  return inprog
    .filter(({ active, op }) => active !== false && op !== 'none')
    .map(({ op, ns, query, opid, secs_running, microsecs_running, client, connectionId }) => {
      const micros = toNumber(microsecs_running)
      const seconds = toNumber(secs_running)
      const from = client ?? (connectionId === undefined ? '' : `conn${connectionId}`)
      return {
        op: printable(String(op ?? '')),
        ns: printable(String(ns ?? '')),
        ageMs: micros !== undefined ? micros / 1000 : seconds && seconds * 1000,
        client: printable(String(from)),
        opid: printable(String(opid ?? '')),
        query: query === undefined ? '' : printable(formatJson(query)),
      }
    })
}

const READS = ['query', 'getmore']
const WRITES = ['insert', 'update', 'remove', 'delete']

/** Operations by the collection that they are about, the busiest first. */
export function loadByCollection(operations: readonly Operation[]): CollectionLoad[] {
  const groups = new Map<string, Operation[]>()
  for (const operation of operations) {
    const group = groups.get(operation.ns)
    if (group) group.push(operation)
    else groups.set(operation.ns, [operation])
  }
  return [...groups]
    .map(([ns, group]) => {
      const reads = group.filter(({ op }) => READS.includes(op)).length
      const writes = group.filter(({ op }) => WRITES.includes(op)).length
      const ages = group.flatMap(({ ageMs }) => ageMs ?? [])
      return {
        ns,
        reads,
        writes,
        others: group.length - reads - writes,
        oldestMs: ages.length > 0 ? Math.max(...ages) : undefined,
      }
    })
    .sort((a, b) => countOf(b) - countOf(a) || compareText(a.ns, b.ns))
}

/** A sorted copy: the oldest first, or by name. */
export function sortOperations(
  operations: readonly Operation[],
  column: SortColumn,
  reversed: boolean,
): Operation[] {
  const sign = reversed ? -1 : 1
  const byAge = (a: Operation, b: Operation) => (b.ageMs ?? -1) - (a.ageMs ?? -1)
  return [...operations].sort(
    (a, b) =>
      sign * (column === 'age' ? byAge(a, b) : compareText(a[column], b[column])) || byAge(a, b),
  )
}

function countOf({ reads, writes, others }: CollectionLoad): number {
  return reads + writes + others
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
