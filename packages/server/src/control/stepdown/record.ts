import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, optionalTimeIn, type Table, textIn, timeIn, truthIn } from '../state.js'

/** When the primaries of an instance may step down. */
export interface StepdownWindow {
  readonly instance: string
  readonly enabled: boolean
  readonly startMs: number
  readonly endMs: number
  /** Steps down when the window begins, rather than only letting others do so. */
  readonly scheduled: boolean
  /** Comes again each week. */
  readonly weekly: boolean
  /** What the last window brought, in words; empty while none has come. */
  readonly outcome: string
  /** When primaries stepped down last because of it. */
  readonly ranMs?: number
}

export const stepdownTable: Table<StepdownWindow> = {
  collection: 'stepdownWindows',
  write: ({ instance, startMs, endMs, ranMs, ...rest }) => ({
    _id: new ObjectId(instance),
    start: DateTime.fromMs(startMs),
    end: DateTime.fromMs(endMs),
    ...rest,
    ...(ranMs !== undefined && { ran: DateTime.fromMs(ranMs) }),
  }),
  read(doc) {
    const ranMs = optionalTimeIn(doc, 'ran')
    return {
      instance: idIn(doc, '_id'),
      startMs: timeIn(doc, 'start'),
      endMs: timeIn(doc, 'end'),
      enabled: truthIn(doc, 'enabled'),
      scheduled: truthIn(doc, 'scheduled'),
      weekly: truthIn(doc, 'weekly'),
      outcome: textIn(doc, 'outcome'),
      ...(ranMs !== undefined && { ranMs }),
    }
  },
}

const WEEK_MS = 7 * 24 * 3_600_000

/** The begin of the window that is open at a time; undefined when none is. */
export function openSince(
  { enabled, startMs, endMs, weekly }: StepdownWindow,
  nowMs: number,
): number | undefined {
  if (!enabled || nowMs < startMs) return undefined
  const since = weekly ? startMs + Math.floor((nowMs - startMs) / WEEK_MS) * WEEK_MS : startMs
  return nowMs < since + (endMs - startMs) ? since : undefined
}
