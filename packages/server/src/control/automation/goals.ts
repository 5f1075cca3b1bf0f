import { Binary, DateTime, ObjectId } from '@gantry/bson'
import { acceptedGoal, goalFaults } from '../../automation/accept-goal.js'
import { emptyGoal, type Goal, type JsonObject } from '../../automation/goal.js'
import { AppError } from '../../errors.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import type { Secrets } from '../secrets.js'
import type { State } from '../state.js'
import { type GoalRecord, goalTable } from './goal-record.js'
import { turns } from './turns.js'

export interface Goals {
  projects(): readonly string[]
  get(project: string): Goal
  /** Looks whether another server has accepted something of which this one was not told yet. */
  catchUp(project: string): Promise<void>
  /** When the latest version was accepted; 0: there is none. */
  acceptedMs(project: string): number
  /** `isNew` says whether a new version came of it. */
  put(
    project: string,
    document: JsonObject,
  ): Promise<{ readonly goal: Goal; readonly isNew: boolean }>
  watch(listener: (project: string) => void): void
  forget(project: string): Promise<void>
}

const PURPOSE = 'goal document'
/** The state takes records of 16 MiB. */
const LARGEST = 16_000_000
/** How often a document is held against a new one of somebody else before the writer is told. */
const MOST_TRIES = 5

export async function openGoals(keeping: Keeping, secrets: Secrets): Promise<Goals> {
  const { reloads } = keeping
  const records = await openRecords(keeping, goalTable)
  const listeners: ((project: string) => void)[] = []
  const opened = new WeakMap<GoalRecord, Goal>()
  /** Writes to one project wait for each other here; other servers are met in the state. */
  const inTurn = turns()
  let told = versions()

  function versions(): Map<string, number> {
    return new Map(records.all().map(({ id, version }) => [id, version]))
  }

  function tell(): void {
    const before = told
    told = versions()
    for (const project of new Set([...before.keys(), ...told.keys()])) {
      if (before.get(project) === told.get(project)) continue
      for (const listener of listeners) listener(project)
    }
  }

  const reload = reloads.get(goalTable.collection)
  reloads.set(goalTable.collection, async () => {
    await reload?.()
    tell()
  })

  function open(record: GoalRecord): Goal {
    const known = opened.get(record)
    if (known) return known
    const goal = JSON.parse(secrets.open(record.sealed, PURPOSE)) as Goal
    opened.set(record, goal)
    return goal
  }

  function get(project: string): Goal {
    const record = records.get(project)
    return record ? open(record) : emptyGoal
  }

  function sealedAs(project: string, goal: Goal): GoalRecord {
    const acceptedMs = Date.now()
    const sealed = secrets.seal(JSON.stringify(goal), PURPOSE)
    if (sealed.length > LARGEST) throw refusal('REQUEST_TOO_LARGE')
    return { id: project, createdMs: acceptedMs, version: goal.version, acceptedMs, sealed }
  }

  async function catchUp(project: string): Promise<void> {
    const stored = await keeping.state.find(goalTable, { _id: new ObjectId(project) })
    if (stored && stored.version !== records.get(project)?.version) records.refresh(stored)
  }

  async function accept(project: string, document: JsonObject) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      await catchUp(project)
      const before = get(project)
      // Others may have written: the rules on changes are about what is there now.
      for (const { code, parameters } of goalFaults(document, before)) {
        throw refusal(code, ...parameters)
      }
      const goal = await acceptedGoal(document, before)
      if (goal === before) return { goal, isNew: false }
      if (await replace(keeping.state, records, sealedAs(project, goal)))
        return { goal, isNew: true }
    }
    throw refusal('AUTOMATION_CONFIG_CONCURRENT_MODIFICATION', project)
  }

  return {
    projects: () => records.all().map(({ id }) => id),
    get,
    catchUp,
    acceptedMs: (project) => records.get(project)?.acceptedMs ?? 0,
    async put(project, document) {
      const result = await inTurn(project, () => accept(project, document))
      tell()
      return result
    },
    watch: (listener) => void listeners.push(listener),
    async forget(project) {
      await inTurn(project, () => records.delete(project))
      tell()
    },
  }
}

/** Says whether the version before was still there, and is no more. */
async function replace(
  state: State,
  records: Records<GoalRecord>,
  record: GoalRecord,
): Promise<boolean> {
  const { id, version, acceptedMs, sealed } = record
  const known = records.get(id)
  if (!known) return inserted(records, record)
  const filter = { _id: new ObjectId(id), version: known.version }
  const accepted = DateTime.fromMs(acceptedMs)
  const fields = { $set: { version, accepted, sealed: new Binary(sealed) } }
  if (!(await state.updateIf(goalTable, filter, fields))) return false
  records.refresh({ ...record, createdMs: known.createdMs })
  return true
}

async function inserted(records: Records<GoalRecord>, record: GoalRecord): Promise<boolean> {
  try {
    await records.insert(record)
    return true
  } catch (error) {
    if (error instanceof AppError && error.kind === 'conflict') return false
    throw error
  }
}
