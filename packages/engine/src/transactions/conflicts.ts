import { CommandError } from '../errors.js'

/** Somebody who holds records and keys until it ends. */
export interface Holder {
  /** State of the table when the holder's snapshot was taken. */
  readonly startedAt: number
  /** Settles when the holder has committed or given up. */
  readonly ended: Promise<void>
}

/** A write outside of transactions came upon something that an open transaction holds: it waits and tries again. */
export class BlockedByTransaction extends Error {
  constructor(readonly holder: Holder) {
    super('blocked by an open transaction')
  }
}

/**
 * Which records and unique keys open transactions have written to, and which others have
 * written to since those began. The first to write wins: a transaction that comes second
 * fails at once, a plain write waits. Costs next to nothing while no transaction is open.
 */
export interface ConflictTable {
  /** A transaction is about to take its snapshot; answers what `startedAt` is to be. */
  begin(): number
  /** A transaction has ended; what it held is free, and counts as written now if it committed. */
  end(holder: Holder, committed: boolean): void
  /** A transaction writes to something. Throws WriteConflict. */
  claim(holder: Holder, resource: string): void
  /** A plain write writes to something. Throws BlockedByTransaction. */
  write(resource: string): void
  /** Whether anything has to be kept in the table at all. */
  readonly active: boolean
}

export function createConflictTable(): ConflictTable {
  const held = new Map<string, Holder>()
  const written = new Map<string, number>()
  let open = 0
  let sequence = 0

  return {
    begin() {
      open++
      return ++sequence
    },
    end(holder, committed) {
      open--
      sequence++
      for (const [resource, owner] of held) {
        if (owner !== holder) continue
        held.delete(resource)
        if (committed) written.set(resource, sequence)
      }
      if (open === 0) written.clear()
    },
    claim(holder, resource) {
      const owner = held.get(resource)
      if (owner === holder) return
      if (owner || (written.get(resource) ?? 0) > holder.startedAt) throw writeConflict()
      held.set(resource, holder)
    },
    write(resource) {
      const owner = held.get(resource)
      if (owner) throw new BlockedByTransaction(owner)
      written.set(resource, ++sequence)
    },
    get active() {
      return open > 0
    },
  }
}

/** Another transaction was first; the whole transaction may be tried again. */
export function writeConflict(): CommandError {
  return new CommandError(
    'WriteConflict',
    'Caused by :: Write conflict during plan execution and yielding is disabled. :: Please retry your operation or multi-document transaction.',
    { errorLabels: ['TransientTransactionError'] },
  )
}
