import type { Collection } from '../catalog/collection.js'
import type { Operation } from '../operations.js'
import type { Execution, ResultSink } from '../plan/execution.js'
import type { View } from '../storage/view.js'

/** Where the work of a query is booked. */
export type Tally = Pick<Operation, 'keysExamined' | 'docsExamined' | 'plan'>

/** Works on a query for a slice of time on behalf of an operation, and books there what it looked at. */
export function runSlice(
  tally: Tally,
  execution: Execution,
  view: View,
  collection: Collection,
  sink: ResultSink,
  sliceMs?: number,
): 'paused' | 'done' {
  const { keysExamined, docsExamined } = execution
  try {
    return execution.run(view, collection, sink, sliceMs)
  } finally {
    tally.plan = execution.plan
    tally.keysExamined += execution.keysExamined - keysExamined
    tally.docsExamined += execution.docsExamined - docsExamined
  }
}
