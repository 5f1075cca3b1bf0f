import { AppError } from '../../errors.js'
import { findMongodbProgram, type MongodbPrograms } from '../../services/mongodb/mongod-program.js'
import { type Goal, type GoalProcess, setNameOf } from '../goal.js'
import { roleOf, setOf } from './goal-parts.js'

/** What an agent may run. */
export interface AgentPrograms extends MongodbPrograms {
  /** The embedded engine as a command with its first arguments, for where there is no `mongod`; undefined: none. */
  readonly engine?: readonly string[]
}

/** A program and the arguments that go before all others. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly version: string
  readonly isEngine: boolean
}

export type FindProgram = (goal: Goal, process: GoalProcess) => Promise<Program>

const HOW_TO_GET =
  'install MongoDB Community Server (https://www.mongodb.com/try/download/community) and name its programs with --mongod and --mongos where the agent is started'

/** What finds the program of a process, or rejects with what is missing; what was found is remembered. */
export function programsFrom(programs: AgentPrograms): FindProgram {
  const found = new Map<'mongod' | 'mongos', Program>()

  async function find(name: 'mongod' | 'mongos'): Promise<Program> {
    const known = found.get(name)
    if (known) return known
    const program = await findNow(name)
    found.set(name, program)
    return program
  }

  async function findNow(name: 'mongod' | 'mongos'): Promise<Program> {
    try {
      return { args: [], ...(await findMongodbProgram(name, programs)) }
    } catch (error) {
      const [command, ...args] = programs.engine ?? []
      // A program that was named and is of no use is a mistake to be told of.
      const isMissing =
        programs.mongod === undefined && /^there is no/.test((error as Error).message)
      if (name === 'mongod' && isMissing && command !== undefined) {
        return { command, args, version: '', isEngine: true }
      }
      throw error
    }
  }

  return async (goal, process) => {
    if (process.processType === 'mongos') {
      const mongod = await find('mongod')
      if (mongod.isEngine && programs.mongos === undefined) throw needsMongodb('a mongos')
    }
    const program = await find(process.processType)
    if (program.isEngine) checkEngine(goal, process)
    else checkVersion(process, program)
    return program
  }
}

/** The engine is one server, alone or as the only member of its set. */
function checkEngine(goal: Goal, process: GoalProcess): void {
  const members = setOf(goal, process)?.members.length ?? 0
  if (members > 1) throw needsMongodb(`a replica set of ${members} members`)
  if (roleOf(process) !== undefined) throw needsMongodb('a sharded cluster')
  if (setNameOf(process) !== undefined && members === 0) {
    const set = setNameOf(process)
    throw new AppError(
      'invalid',
      `replSetName is ${set}, and no replica set has this process as a member`,
    )
  }
}

function needsMongodb(what: string): AppError {
  return new AppError(
    'unsupported',
    `${what} needs MongoDB's own programs, and there is only the embedded engine here: ${HOW_TO_GET}`,
  )
}

/** What stands behind the numbers, as `-ent`, says which edition it is. */
function checkVersion({ version, processType }: GoalProcess, program: Program): void {
  const numbers = (text: string) => /^\d+\.\d+\.\d+/.exec(text)?.[0] ?? text
  if (numbers(version) === numbers(program.version)) return
  throw new AppError(
    'unavailable',
    `version ${version} is wanted, and ${program.command} is ${processType} ${program.version}: name one of that version with --${processType} where the agent is started`,
  )
}
