import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { idIn, optionalTextIn, type Table, textsIn, timeIn } from '../state.js'

/** A time in which nobody is told of some alerts of a project. */
export interface MaintenanceWindow extends Kept {
  readonly project: string
  readonly startMs: number
  /** No longer in it. */
  readonly endMs: number
  /** The kinds of alerts, at least one. */
  readonly alertTypeNames: readonly string[]
  readonly description?: string
  readonly updatedMs: number
}

export const maintenanceWindowTable: Table<MaintenanceWindow> = {
  collection: 'maintenanceWindows',
  write: ({ id, project, startMs, endMs, createdMs, updatedMs, ...rest }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    start: DateTime.fromMs(startMs),
    end: DateTime.fromMs(endMs),
    ...rest,
    created: DateTime.fromMs(createdMs),
    updated: DateTime.fromMs(updatedMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    startMs: timeIn(doc, 'start'),
    endMs: timeIn(doc, 'end'),
    alertTypeNames: textsIn(doc, 'alertTypeNames'),
    ...(doc.has('description') && { description: optionalTextIn(doc, 'description') }),
    createdMs: timeIn(doc, 'created'),
    updatedMs: timeIn(doc, 'updated'),
  }),
}
