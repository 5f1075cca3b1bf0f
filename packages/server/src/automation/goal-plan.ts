/** What a goal document would do if it were put, without doing it. */
import { AppError } from '../errors.js'
import { acceptedGoal, goalFaults } from './accept-goal.js'
import { unknownProcess } from './agent/known-process.js'
import { knownAt, movesOf } from './agent/plan.js'
import type { Goal, JsonObject, ProcessStatus } from './goal.js'
import { type GoalChanges, goalChanges, type ProcessChange } from './goal-changes.js'
import { type Fault, faultOf } from './shape.js'

/** A process of the plan, with what its agent would do in order. */
export interface PlannedProcess extends ProcessChange {
  readonly moves: readonly string[]
}

/** With faults there is nothing else: such a document would be refused, and nothing changed. */
export interface GoalPlan extends Omit<GoalChanges, 'processes'> {
  readonly faults: readonly Fault[]
  /** What the document would have, or has. */
  readonly version: number
  readonly processes: readonly PlannedProcess[]
}

const MOST_FAULTS = 100

/** The plan of a document; undefined: of what is left to do of the one that there is. */
export async function goalPlan(
  before: Goal,
  statuses: readonly ProcessStatus[],
  given: JsonObject | undefined,
  now: number,
): Promise<GoalPlan> {
  const next = given ? await accepted(given, before) : before
  if (Array.isArray(next)) return refusedPlan(next, before)
  const goal = next as Goal
  const { processes, ...changes } = goalChanges(before, goal)
  return {
    ...changes,
    faults: [],
    version: goal.version,
    processes: processes.map((process) => ({
      ...process,
      moves: movesIn(process, goal, before, statuses, now),
    })),
  }
}

function refusedPlan(faults: readonly Fault[], { version }: Goal): GoalPlan {
  const nothing: Goal = { version, processes: [], replicaSets: [] }
  return { ...goalChanges(nothing, nothing), processes: [], faults, version }
}

/** The document as it would be kept, or what is wrong with it. */
async function accepted(given: JsonObject, before: Goal): Promise<Goal | Fault[]> {
  const faults = firstFaults(given, before)
  if (faults.length > 0) return faults
  try {
    return await acceptedGoal(given, before)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [faultOf('VALIDATION_ERROR', error.message)]
  }
}

function firstFaults(given: JsonObject, before: Goal): Fault[] {
  const faults: Fault[] = []
  for (const fault of goalFaults(given, before)) {
    faults.push(fault)
    if (faults.length === MOST_FAULTS) break
  }
  return faults
}

function movesIn(
  { name, change }: ProcessChange,
  goal: Goal,
  before: Goal,
  statuses: readonly ProcessStatus[],
  now: number,
): readonly string[] {
  const process = goal.processes.find((one) => one.name === name)
  if (change === 'LET_GO' || !process) return []
  const status = statuses.find((one) => one.name === name)
  const isAtGoal = status?.lastGoalVersionAchieved === before.version
  // What its agent is about to do it knows best, as long as it is asked for nothing else.
  if (goal === before && status && (isAtGoal || status.plan.length > 0)) return status.plan
  const wasStarted = status !== undefined && status.lastGoalVersionAchieved > 0
  const known = wasStarted && before !== goal ? knownAt(before, name) : unknownProcess
  return movesOf(goal, process, known, now)
}
