/** When agents were heard of: counted in memory, and written down when somebody says so. */
import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { type Agent, type AgentIdentity, agentIdOf, agentTable } from './agent.js'

/** What an agent says of itself. */
export interface AgentFacts {
  readonly hostname: string
  readonly version: string
  readonly address?: string
  readonly folderId?: string
}

export interface Sightings {
  /** As they are known here, what is not written down yet included; the oldest first. */
  all(): readonly Agent[]
  get(id: string): Agent | undefined
  /** Counts that an agent was heard of, `asks`: as it asked what to do; says whether it is new. */
  count(identity: AgentIdentity, facts: AgentFacts, asks: boolean): Promise<boolean>
  delete(id: string): Promise<void>
  /** Writes down what was counted; what cannot be written is kept for the next time. */
  flush(failed: (error: unknown) => void): Promise<void>
}

/** Heard of since it was written down last. */
interface News {
  confs: number
  pings: number
  lastConfMs: number
  lastPingMs: number
  facts: AgentFacts
}

export async function openSightings(keeping: Keeping, now: () => number): Promise<Sightings> {
  const { state } = keeping
  const records: Records<Agent> = await openRecords(keeping, agentTable)
  const news = new Map<string, News>()

  function current(record: Agent): Agent {
    const latest = news.get(record.id)
    if (!latest) return record
    return {
      ...record,
      ...latest.facts,
      confCount: record.confCount + latest.confs,
      pingCount: record.pingCount + latest.pings,
      lastConfMs: Math.max(record.lastConfMs, latest.lastConfMs),
      lastPingMs: Math.max(record.lastPingMs, latest.lastPingMs),
    }
  }

  /** Makes a record for one that was never heard of before; says whether it was made here. */
  async function introduce(identity: AgentIdentity, facts: AgentFacts): Promise<boolean> {
    const times = { createdMs: now(), lastConfMs: now(), lastPingMs: now() }
    const counts = { confCount: 1, pingCount: 1 }
    const agent = { id: agentIdOf(identity), ...identity, ...facts, ...counts, ...times }
    try {
      await records.insert(agent)
      return true
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'conflict')) throw error
      // Another server has just made it.
      const made = await state.find(agentTable, { _id: new ObjectId(agent.id) })
      if (made) records.refresh(made)
      return false
    }
  }

  async function write(id: string, latest: News): Promise<void> {
    const { confs, pings, lastConfMs, lastPingMs, facts } = latest
    const written = await state.findAndModify(
      agentTable,
      { _id: new ObjectId(id) },
      {
        $inc: { confCount: confs, pingCount: pings },
        $max: {
          lastPing: DateTime.fromMs(lastPingMs),
          ...(lastConfMs > 0 && { lastConf: DateTime.fromMs(lastConfMs) }),
        },
        $set: { ...facts },
      },
    )
    // More may have been counted meanwhile.
    latest.confs -= confs
    latest.pings -= pings
    if (latest.pings === 0) news.delete(id)
    if (written) records.refresh(written)
  }

  return {
    all: () => records.all().map(current),
    get(id) {
      const record = records.get(id)
      return record && current(record)
    },
    async count(identity, facts, asks) {
      const id = agentIdOf(identity)
      if (!records.get(id) && (await introduce(identity, facts))) return true
      const latest = news.get(id) ?? { confs: 0, pings: 0, lastConfMs: 0, lastPingMs: 0, facts }
      latest.pings++
      latest.lastPingMs = now()
      latest.facts = facts
      if (asks) {
        latest.confs++
        latest.lastConfMs = latest.lastPingMs
      }
      news.set(id, latest)
      return false
    },
    async delete(id) {
      news.delete(id)
      await records.delete(id)
    },
    async flush(failed) {
      for (const [id, latest] of news) await write(id, latest).catch(failed)
    },
  }
}
