import { createHash } from 'node:crypto'
import { DateTime, ObjectId } from '@gantry/bson'
import type { ProcessStatus } from '../../automation/goal.js'
import type { Kept } from '../records.js'
import { idIn, numberIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** What an agent said last of a process, kept so that it is known after a restart. */
export interface StatusRecord extends Kept, ProcessStatus {
  readonly project: string
}

export const statusTable: Table<StatusRecord> = {
  collection: 'automationStatuses',
  indexes: [['project']],
  write: ({ id, project, createdMs, ...status }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    ...status,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    name: textIn(doc, 'name'),
    hostname: textIn(doc, 'hostname'),
    lastGoalVersionAchieved: numberIn(doc, 'lastGoalVersionAchieved'),
    plan: textsIn(doc, 'plan'),
    errorCode: numberIn(doc, 'errorCode'),
    errorString: textIn(doc, 'errorString'),
    createdMs: timeIn(doc, 'created'),
  }),
}

/** The same on all servers, so that there is one record of a process. */
export function statusId(project: string, name: string): string {
  return createHash('sha256').update(`${project} ${name}`).digest('hex').slice(0, 24)
}
