import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, type State, type Table, textIn } from '../state.js'

/** What something was when it was last looked at, where only a change of it tells anything. */
export interface Sighting {
  /** Of what: `primary of …`. */
  readonly id: string
  readonly project: string
  readonly seen: string
  /** When it was found to be another than before, as far back as anybody asks. */
  readonly changesMs: readonly number[]
}

const sightingTable: Table<Sighting> = {
  collection: 'alertSightings',
  indexes: [['project']],
  write: ({ id, project, seen, changesMs }) => ({
    _id: id,
    project: new ObjectId(project),
    seen,
    changes: changesMs.map((ms) => DateTime.fromMs(ms)),
  }),
  read: (doc) => ({
    id: textIn(doc, '_id'),
    project: idIn(doc, 'project'),
    seen: textIn(doc, 'seen'),
    changesMs: (doc.get('changes') as DateTime[]).map(({ ms }) => Number(ms)),
  }),
}

export interface Sightings {
  get(id: string): Promise<Sighting | undefined>
  save(sighting: Sighting): Promise<void>
  forget(project: string): Promise<void>
}

export async function openSightings(state: State): Promise<Sightings> {
  await state.prepare(sightingTable)
  return {
    get: (id) => state.find(sightingTable, { _id: id }),
    save: (sighting) => state.save(sightingTable, sighting),
    async forget(project) {
      await state.deleteAll(sightingTable, { project: new ObjectId(project) })
    },
  }
}
