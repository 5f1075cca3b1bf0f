import { createHash } from 'node:crypto'
import { Binary, DateTime, ObjectId } from '@gantry/bson'
import type { JsonObject } from '../../automation/goal.js'
import { type Keeping, type Kept, openRecords } from '../records.js'
import type { Secrets } from '../secrets.js'
import { bytesIn, idIn, type Table, timeIn } from '../state.js'

/** Of which agents. */
export type AgentKind = 'monitoring' | 'backup'

/** The settings that a project has for its agents of one kind. */
interface SettingsRecord extends Kept {
  readonly project: string
  /** As JSON, sealed: they may hold passwords. */
  readonly sealed: Buffer
}

export interface AgentSettings {
  /** Empty when there are none. */
  get(project: string, kind: AgentKind): JsonObject
  put(project: string, kind: AgentKind, settings: JsonObject): Promise<void>
  forget(project: string): Promise<void>
}

const PURPOSE = 'agent settings'

const settingsTable: Table<SettingsRecord> = {
  collection: 'automationAgentSettings',
  indexes: [['project']],
  write: ({ id, project, sealed, createdMs }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    sealed: new Binary(sealed),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    sealed: bytesIn(doc, 'sealed'),
    createdMs: timeIn(doc, 'created'),
  }),
}

export async function openAgentSettings(
  keeping: Keeping,
  secrets: Secrets,
): Promise<AgentSettings> {
  const records = await openRecords(keeping, settingsTable)
  return {
    get(project, kind) {
      const record = records.get(idOf(project, kind))
      return record ? (JSON.parse(secrets.open(record.sealed, PURPOSE)) as JsonObject) : {}
    },
    async put(project, kind, settings) {
      const sealed = secrets.seal(JSON.stringify(settings), PURPOSE)
      await records.save({ id: idOf(project, kind), project, sealed, createdMs: Date.now() })
    },
    async forget(project) {
      const gone = records.all().filter((record) => record.project === project)
      for (const { id } of gone) await records.delete(id)
    },
  }
}

/** The same on all servers. */
function idOf(project: string, kind: AgentKind): string {
  return createHash('sha256').update(`${kind} of ${project}`).digest('hex').slice(0, 24)
}
