import { randomBytes } from 'node:crypto'
import { Binary, DateTime, ObjectId } from '@gantry/bson'
import { type Keeping, type Kept, openRecords, type Records } from '../records.js'
import type { Secrets } from '../secrets.js'
import { bytesIn, idIn, type Table, textIn, timeIn } from '../state.js'

/** With what an agent on a host shows which project it works for. */
export interface AgentKey extends Kept {
  readonly project: string
  /** `lookupHash` of the key. */
  readonly hash: string
  /** The key, sealed for the purpose `AGENT_KEY`. */
  readonly sealed: Buffer
  readonly description: string
  readonly createdBy: 'PUBLIC_API' | 'PROVISIONING' | 'USER'
  readonly createdUserId?: string
  readonly createdIpAddr?: string
}

const AGENT_KEY = 'agent key'
const KEY_BYTES = 32

export const agentKeyTable: Table<AgentKey> = {
  collection: 'agentKeys',
  unique: [['hash']],
  write: ({ id, project, sealed, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    sealed: new Binary(sealed),
    ...rest,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    hash: textIn(doc, 'hash'),
    sealed: bytesIn(doc, 'sealed'),
    description: textIn(doc, 'description'),
    createdBy: textIn(doc, 'createdBy') as AgentKey['createdBy'],
    ...(doc.has('createdUserId') && { createdUserId: textIn(doc, 'createdUserId') }),
    ...(doc.has('createdIpAddr') && { createdIpAddr: textIn(doc, 'createdIpAddr') }),
    createdMs: timeIn(doc, 'created'),
  }),
}

export type NewAgentKey = Pick<
  AgentKey,
  'project' | 'description' | 'createdBy' | 'createdUserId' | 'createdIpAddr'
>

export interface AgentKeys {
  /** The oldest first. */
  ofProject(project: string): readonly AgentKey[]
  /** Whether a key has not been deleted meanwhile. */
  has(key: AgentKey): boolean
  /** The key that a text is. */
  find(text: string): AgentKey | undefined
  create(options: NewAgentKey): Promise<AgentKey>
  /** The key in clear. */
  reveal(key: AgentKey): string
  remove(key: AgentKey): Promise<void>
  /** Removes all of a project, as it is gone. */
  forget(project: string): Promise<void>
  /** Calls back after keys have been deleted, here or by another server. */
  watch(listener: () => void): void
}

export async function openAgentKeys(keeping: Keeping, secrets: Secrets): Promise<AgentKeys> {
  const records: Records<AgentKey> = await openRecords(keeping, agentKeyTable)
  const ofProject = (project: string) => records.all().filter((key) => key.project === project)
  const listeners: (() => void)[] = []
  const tell = () => {
    for (const listener of listeners) listener()
  }
  const reload = keeping.reloads.get(agentKeyTable.collection)
  keeping.reloads.set(agentKeyTable.collection, async () => {
    await reload?.()
    tell()
  })
  return {
    ofProject,
    has: ({ id }) => records.get(id) !== undefined,
    find(text) {
      const hash = secrets.lookupHash(text)
      return records.all().find((key) => key.hash === hash)
    },
    async create(options) {
      const text = randomBytes(KEY_BYTES).toString('hex')
      const key: AgentKey = {
        id: new ObjectId().toHexString(),
        hash: secrets.lookupHash(text),
        sealed: secrets.seal(text, AGENT_KEY),
        ...options,
        createdMs: Date.now(),
      }
      await records.insert(key)
      return key
    },
    reveal: ({ sealed }) => secrets.open(sealed, AGENT_KEY),
    async remove({ id }) {
      await records.delete(id)
      tell()
    },
    async forget(project) {
      for (const { id } of ofProject(project)) await records.delete(id)
      tell()
    },
    watch: (listener) => void listeners.push(listener),
  }
}
