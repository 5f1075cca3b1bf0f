import { ObjectId } from '@gantry/bson'

/** The MongoDB version whose behaviour this server follows. */
export const SERVER_VERSION = '8.0.0'

/** The highest wire version of that MongoDB version. */
export const MAX_WIRE_VERSION = 25

/** As whom an engine presents itself: the primary of a replica set with one member. */
export interface ServerIdentity {
  readonly setName: string
  /** Changes with each start. */
  readonly processId: ObjectId
  readonly startedMs: number
}

export function createIdentity(setName: string, startedMs: number): ServerIdentity {
  return { setName, processId: new ObjectId(), startedMs }
}

/** The term of the only election that there ever was. */
export const ELECTION_TERM = 1

/** Names that election, in the form of MongoDB: the term behind a constant. */
export const electionId = new ObjectId('7fffffff0000000000000001')
