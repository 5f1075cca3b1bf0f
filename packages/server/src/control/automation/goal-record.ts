import { Binary, DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { bytesIn, idIn, numberIn, type Table, timeIn } from '../state.js'

/** The goal document of the project whose id it has. */
export interface GoalRecord extends Kept {
  readonly version: number
  /** When this version was accepted. */
  readonly acceptedMs: number
  /** The document as JSON, sealed for the purpose `goal document`: it holds keys and credentials. */
  readonly sealed: Buffer
}

export const goalTable: Table<GoalRecord> = {
  collection: 'automationGoals',
  write: ({ id, version, acceptedMs, sealed, createdMs }) => ({
    _id: new ObjectId(id),
    version,
    accepted: DateTime.fromMs(acceptedMs),
    sealed: new Binary(sealed),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    version: numberIn(doc, 'version'),
    acceptedMs: timeIn(doc, 'accepted'),
    sealed: bytesIn(doc, 'sealed'),
    createdMs: timeIn(doc, 'created'),
  }),
}
