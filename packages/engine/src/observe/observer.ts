import { encodeDocument } from '@gantry/bson'
import type { Catalog } from '../catalog/catalog.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import type { Operation } from '../operations.js'
import type { Session } from '../session.js'
import type { PlainWrite } from '../transactions/plain-write-queue.js'
import { countOperation } from './count-operation.js'
import { type Counters, createCounters } from './counters.js'
import { type FinishedOperation, profileDocument, slowAttributes } from './finished-operation.js'
import type { Log } from './log.js'
import { createProfileSettings, type ProfileSettings } from './profile-settings.js'
import { createProfileWriter, type ProfileWriter } from './profile-writer.js'
import { createTop, type Top } from './top.js'

/** Is told of each command that ends, and keeps what there is to know of the engine's work. */
export interface Observer {
  readonly counters: Counters
  readonly top: Top
  readonly log: Log
  readonly profiling: ProfileSettings
  readonly profile: ProfileWriter
  /** A command has ended, with a reply or an error; `args` as far as they were read. */
  finished(operation: Operation, args: unknown, reply: Reply | undefined, error: unknown): void
  /** A caller has come, or has gone. Those of the program itself are no connections. */
  connected(session: Session): void
  disconnected(session: Session): void
  /** Profiles and logs all commands that have ended; a promise when that takes a write. */
  settle(): undefined | Promise<void>
}

export interface ObserverOptions {
  readonly log: Log
  readonly now: () => number
  readonly catalog: Catalog
  readonly write: PlainWrite
}

/** Collections that `top` knows before it first looks which of them there still are. */
const FIRST_FORGET = 1024

export function createObserver({ log, now, catalog, write }: ObserverOptions): Observer {
  const counters = createCounters()
  const top = createTop()
  const profiling = createProfileSettings()
  const profile = createProfileWriter(catalog, write, (db) => profiling.level(db) > 0)
  const exists = (db: string, name: string) => catalog.find(db, name) !== undefined
  let forgetAt = FIRST_FORGET
  let ended: FinishedOperation[] = []

  /** Profiles and logs what has ended, when its replies are on their way. */
  function report(): void {
    const operations = ended
    ended = []
    for (const finished of operations) reportOne(observer, finished)
  }

  const observer: Observer = {
    counters,
    top,
    log,
    profiling,
    profile,
    finished(operation, args, reply, error) {
      countCommand(counters, operation, reply, error)
      countOperation(counters, operation, args, reply)
      const micros = microsOf(operation)
      if (!operation.waits) countTime(counters, operation, micros)
      if (operation.collection !== '') {
        top.record(operation.db, operation.collection, operation.kind, operation.waits ? 0 : micros)
        if (top.size >= forgetAt) {
          top.forget(exists)
          forgetAt = Math.max(FIRST_FORGET, top.size * 2)
        }
      }
      const slow = micros >= profiling.slowMs * 1000 && !operation.waits
      if (!slow && !profiling.active && log.verbosity.of('command') === 0) return
      if (ended.length === 0) setImmediate(report)
      ended.push({ operation, reply, error, micros, endedMs: now() })
    },
    connected(session) {
      if (session.internal) return
      counters.connections.current++
      counters.connections.created++
      logConnection(log, session, 22943, 'Connection accepted', counters.connections.current)
    },
    disconnected(session) {
      if (session.internal) return
      counters.connections.current--
      logConnection(log, session, 22944, 'Connection ended', counters.connections.current)
    },
    settle() {
      report()
      return profile.busy ? profile.settled() : undefined
    },
  }
  return observer
}

function countCommand(
  counters: Counters,
  { command }: Operation,
  reply: Reply | undefined,
  error: unknown,
): void {
  const { commands, asserts } = counters
  let counts = commands.get(command)
  if (!counts) {
    counts = { total: 0, failed: 0 }
    commands.set(command, counts)
  }
  counts.total++
  if (reply) return
  counts.failed++
  if (!(error instanceof CommandError)) {
    asserts.msg++
    return
  }
  asserts.user++
  if (error.codeName === 'WriteConflict') counters.writeConflicts++
}

function logConnection(
  log: Log,
  { id, address }: Session,
  messageId: number,
  message: string,
  connectionCount: number,
): void {
  if (log.quiet) return
  const attributes = { remote: address, connectionId: id, connectionCount }
  log.write({ severity: 'I', component: 'NETWORK', id: messageId, message, attributes })
}

function countTime({ latencies }: Counters, operation: Operation, micros: number): void {
  const latency = latencies[operation.transaction ? 'transactions' : operation.kind.latency]
  latency.micros += micros
  latency.operations++
}

function reportOne(
  { log, profile, profiling }: Pick<Observer, 'log' | 'profile' | 'profiling'>,
  finished: FinishedOperation,
): void {
  const { operation, micros } = finished
  const { db } = operation
  const level = profiling.level(db)
  const filter = profiling.filter(db)
  const document = level === 2 || filter ? profileDocument(finished) : undefined
  const chosen =
    filter && document
      ? filter.matches(encodeDocument(document), 0)
      : !operation.waits &&
        micros >= profiling.slowMs * 1000 &&
        (profiling.sampleRate >= 1 || Math.random() < profiling.sampleRate)
  if (chosen || log.verbosity.of('command') > 0) {
    log.write({
      severity: 'I',
      component: 'COMMAND',
      id: 51803,
      context: `conn${operation.session.id}`,
      message: 'Slow query',
      attributes: slowAttributes(finished),
    })
  }
  // Making the collection may well be slow, and nobody wants to hear of it.
  if (operation.command === 'profile') return
  if (level === 2 || (level === 1 && chosen)) profile.add(db, document ?? profileDocument(finished))
}

/** How long an operation has been running, in microseconds. */
export function microsOf({ startedAt }: Operation): number {
  return Math.round((performance.now() - startedAt) * 1000)
}
