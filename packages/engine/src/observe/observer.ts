import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import type { Operation } from '../operations.js'
import { countOperation } from './count-operation.js'
import { type Counters, createCounters } from './counters.js'
import { createTop, type Top } from './top.js'

/** Is told of each command that ends, and keeps what there is to know of the engine's work. */
export interface Observer {
  readonly counters: Counters
  readonly top: Top
  /** A command has ended, with a reply or an error; `args` as far as they were read. */
  finished(operation: Operation, args: unknown, reply: Reply | undefined, error: unknown): void
}

/** Collections that `top` knows before it first looks which of them there still are. */
const FIRST_FORGET = 1024

export function createObserver(exists: (db: string, collection: string) => boolean): Observer {
  const counters = createCounters()
  const { commands, asserts, latencies } = counters
  const top = createTop()
  let forgetAt = FIRST_FORGET

  return {
    counters,
    top,
    finished(operation, args, reply, error) {
      const { kind, command, collection } = operation
      let counts = commands.get(command)
      if (!counts) {
        counts = { total: 0, failed: 0 }
        commands.set(command, counts)
      }
      counts.total++
      if (!reply) {
        counts.failed++
        if (error instanceof CommandError) asserts.user++
        else asserts.msg++
        if (error instanceof CommandError && error.codeName === 'WriteConflict')
          counters.writeConflicts++
      }
      countOperation(counters, operation, args, reply)
      const micros = operation.waits ? 0 : microsOf(operation)
      if (!operation.waits) {
        const latency = latencies[operation.transaction ? 'transactions' : kind.latency]
        latency.micros += micros
        latency.operations++
      }
      if (collection === '') return
      top.record(operation.db, collection, kind, micros)
      if (top.size >= forgetAt) {
        top.forget(exists)
        forgetAt = Math.max(FIRST_FORGET, top.size * 2)
      }
    },
  }
}

/** How long an operation has been running, in microseconds. */
export function microsOf({ startedAt }: Operation): number {
  return Math.round((performance.now() - startedAt) * 1000)
}
