import { Binary, ObjectId } from '@gantry/bson'
import { acceptedGoal } from '../../automation/accept-goal.js'
import { emptyGoal, type Goal, type JsonObject } from '../../automation/goal.js'
import { ruleFault } from '../../automation/goal-rules.js'
import { goalFault } from '../../automation/goal-shape.js'
import { AppError } from '../../errors.js'
import { type Keeping, openRecords } from '../records.js'
import { refusal } from '../refusal.js'
import type { Secrets } from '../secrets.js'
import { type GoalRecord, goalTable } from './goal-record.js'

export interface Goals {
  projects(): readonly string[]
  get(project: string): Goal
  /** `isNew` says whether a new version came of it. */
  put(
    project: string,
    document: JsonObject,
  ): Promise<{ readonly goal: Goal; readonly isNew: boolean }>
  watch(listener: (project: string) => void): void
  forget(project: string): Promise<void>
}

const PURPOSE = 'goal document'
/** How often a document is held against a new one of somebody else before the writer is told. */
const MOST_TRIES = 5

export async function openGoals(keeping: Keeping, secrets: Secrets): Promise<Goals> {
  const { state, reloads } = keeping
  const records = await openRecords(keeping, goalTable)
  const listeners: ((project: string) => void)[] = []
  const opened = new WeakMap<GoalRecord, Goal>()
  /** Writes to one project wait for each other here; other servers are met in the state. */
  const waiting = new Map<string, Promise<unknown>>()
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

  async function accept(project: string, document: JsonObject) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = get(project)
      const goal = acceptedGoal(document, before)
      const fault = ruleFault(goal, before)
      if (fault !== undefined) throw refusal('VALIDATION_ERROR', fault)
      if (goal === before) return { goal, isNew: false }
      if (await store(project, goal)) return { goal, isNew: true }
      await reload?.()
    }
    throw refusal('AUTOMATION_CONFIG_CONCURRENT_MODIFICATION', project)
  }

  /** Says whether the one before was still there. */
  async function store(project: string, goal: Goal): Promise<boolean> {
    const known = records.get(project)
    const sealed = secrets.seal(JSON.stringify(goal), PURPOSE)
    const { version } = goal
    const record = { id: project, createdMs: Date.now(), ...known, version, sealed }
    if (!known) return inserted(record)
    const filter = { _id: new ObjectId(project), version: known.version }
    const fields = { $set: { version, sealed: new Binary(sealed) } }
    if (!(await state.updateIf(goalTable, filter, fields))) return false
    records.refresh(record)
    return true
  }

  async function inserted(record: GoalRecord): Promise<boolean> {
    try {
      await records.insert(record)
      return true
    } catch (error) {
      if (error instanceof AppError && error.kind === 'conflict') return false
      throw error
    }
  }

  function inTurn<T>(project: string, write: () => Promise<T>): Promise<T> {
    const turn = (waiting.get(project) ?? Promise.resolve()).then(write)
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (waiting.get(project) === settled) waiting.delete(project)
      })
    waiting.set(project, settled)
    return turn
  }

  return {
    projects: () => records.all().map(({ id }) => id),
    get,
    async put(project, document) {
      const fault = goalFault(document)
      if (fault) throw refusal(fault.code, fault.path)
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
