import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, numberIn, type Table, timeIn } from '../state.js'
import type { Retention } from './retention.js'

/** How long the snapshots of an instance are kept, beyond what the schedule itself knows; the id is the instance's. */
export interface ScheduleRecord extends Kept, Retention {}

const numbers = ['snapshotDays', 'dailyDays', 'weeklyWeeks', 'monthlyMonths'] as const

export const snapshotScheduleTable: Table<ScheduleRecord> = {
  collection: 'snapshotSchedules',
  write: ({ id, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    ...rest,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    ...(Object.fromEntries(numbers.map((name) => [name, numberIn(doc, name)])) as {
      [K in (typeof numbers)[number]]: number
    }),
    createdMs: timeIn(doc, 'created'),
  }),
}
