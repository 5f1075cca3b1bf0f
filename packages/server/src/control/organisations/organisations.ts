import { DateTime, ObjectId } from '@gantry/bson'
import { type Keeping, type Kept, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** What projects belong to. */
export interface Organisation extends Kept {
  readonly name: string
  /** It is gone for all but those who ask for what was deleted. */
  readonly isDeleted: boolean
}

export const organisationTable: Table<Organisation> = {
  collection: 'organisations',
  write: ({ id, name, isDeleted, createdMs }) => ({
    _id: new ObjectId(id),
    name,
    isDeleted,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    name: textIn(doc, 'name'),
    isDeleted: doc.get('isDeleted') === true,
    createdMs: timeIn(doc, 'created'),
  }),
}

const LONGEST_NAME = 64

export interface Organisations {
  /** The oldest first, deleted ones included. */
  all(): readonly Organisation[]
  /** Undefined when there is none, or none any more. */
  get(id: string): Organisation | undefined
  /** Rejects with INVALID_ORG_NAME. */
  create(name: string, id?: string): Promise<Organisation>
  rename(organisation: Organisation, name: string): Promise<Organisation>
  /** Marks it as deleted; whoever calls has seen to it that it is empty. */
  remove(organisation: Organisation): Promise<void>
}

export async function openOrganisations(keeping: Keeping): Promise<Organisations> {
  const records: Records<Organisation> = await openRecords(keeping, organisationTable)
  return {
    all: records.all,
    get(id) {
      const found = records.get(id)
      return found?.isDeleted ? undefined : found
    },
    async create(name, id = new ObjectId().toHexString()) {
      checkName(name)
      const organisation = { id, name, isDeleted: false, createdMs: Date.now() }
      await records.save(organisation)
      return organisation
    },
    async rename(organisation, name) {
      checkName(name)
      const renamed = { ...organisation, name }
      await records.save(renamed)
      return renamed
    },
    remove: (organisation) => records.save({ ...organisation, isDeleted: true }),
  }
}

function checkName(name: string): void {
  if (name.trim() === '' || name.length > LONGEST_NAME) throw refusal('INVALID_ORG_NAME', name)
}
