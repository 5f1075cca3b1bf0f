/** The agent of a machine: takes goals from a feed and sees to the processes that are to run here. */
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lockDataDir } from '../../data-dir/lock.js'
import { AppError } from '../../errors.js'
import { dbPathOf, type GoalProcess, portOf } from '../goal.js'
import type { GoalFeed, ProjectGoal } from './feed.js'
import { type Keeper, keepProcess } from './keeper.js'
import type { Wish } from './kept-process.js'
import type { Forbidden } from './paths.js'
import { type AgentPrograms, programsFrom } from './programs.js'
import { openReports } from './reports.js'
import { type Ground, turns } from './task.js'

/** What an agent says of itself each time it asks for goals. */
export interface Presence {
  /** How many processes it looks after. */
  readonly processes: number
}

export interface AgentOptions {
  /** The names of this machine in goal documents, and its addresses. */
  readonly hostnames: readonly string[]
  /** Holds what the agent keeps; one agent has it at a time. */
  readonly folder: string
  readonly feed: GoalFeed
  readonly programs: AgentPrograms
  readonly forbidden?: Forbidden
  /** Told of what happens to processes without anybody asking for it, and of what fails. */
  readonly warn?: (message: string) => void
  /** Called before each time that goals are asked for. */
  readonly here?: (presence: Presence) => void
  readonly now?: () => number
}

export interface Agent {
  /** Gives all processes up; they go on. */
  stop(): Promise<void>
}

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 60_000

/** Begins to work; rejects with `unavailable` when another agent has the folder. */
export async function runAgent(options: AgentOptions): Promise<Agent> {
  const { folder, feed, programs, forbidden, here, warn = () => {}, now = Date.now } = options
  const lock = await lockFolder(folder)
  const ground: Ground = {
    programs: programsFrom(programs),
    forbidden,
    inTurn: turns(),
    warn,
    now,
  }
  const projects = new Map<string, Project>()
  const known = new Map<string, number>()
  const reports = openReports({
    feed,
    warn,
    statuses: (project) => projects.get(project)?.statuses() ?? [],
  })
  const stopping = new AbortController()

  async function take(given: ProjectGoal): Promise<void> {
    const { project, goal } = given
    let work = projects.get(project)
    if (!work) {
      const changed = () => reports.say(project)
      work = openProject({
        ground,
        project,
        folder: join(folder, project),
        changed,
        hostnames: options.hostnames,
      })
      projects.set(project, work)
    }
    await work.take(given)
    known.set(project, goal.version)
    reports.say(project)
  }

  async function work(): Promise<void> {
    const { signal } = stopping
    let delay = FIRST_DELAY_MS
    while (!signal.aborted) {
      try {
        here?.({ processes: sum([...projects.values()].map(({ size }) => size())) })
        for (const given of await feed.next(known, signal)) await take(given)
        delay = FIRST_DELAY_MS
      } catch (error) {
        if (signal.aborted) return
        warn(`goals cannot be had: ${(error as Error).message}; tried again in ${delay / 1000} s`)
        await pause(delay, undefined, { signal }).catch(() => {})
        delay = Math.min(2 * delay, LONGEST_DELAY_MS)
      }
    }
  }
  const working = work()

  return {
    async stop() {
      stopping.abort()
      await working
      await Promise.all([...projects.values()].map((project) => project.stop()))
      await reports.close()
      await lock.release()
    },
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

async function lockFolder(folder: string) {
  try {
    return await lockDataDir(folder)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(
      'unavailable',
      `another agent works with ${folder}: give each its own folder`,
    )
  }
}

interface ProjectOptions {
  readonly ground: Ground
  readonly project: string
  readonly folder: string
  readonly hostnames: readonly string[]
  readonly changed: () => void
}

type Project = ReturnType<typeof openProject>

/** The processes of one project that are this machine's. */
function openProject({ ground, project, folder, hostnames, changed }: ProjectOptions) {
  const keepers = new Map<string, Keeper>()
  /** Of processes that want the place of another. */
  let doubles: readonly GoalProcess[] = []

  return {
    size: () => keepers.size,
    statuses: () => [
      ...[...keepers.values()]
        .map((keeper) => keeper.status())
        .filter((said) => said !== undefined),
      ...doubles.map(doubleStatus),
    ],
    async take({ goal, refusal }: ProjectGoal) {
      const mine = goal.processes.filter(({ hostname }) => hostnames.includes(hostname))
      const wanted = new Map<string, GoalProcess>()
      for (const process of mine) {
        if (!wanted.has(placeOf(process))) wanted.set(placeOf(process), process)
      }
      doubles = mine.filter((process) => wanted.get(placeOf(process)) !== process)
      for (const [place, keeper] of [...keepers]) {
        if (wanted.has(place)) continue
        keepers.delete(place)
        await keeper.letGo()
      }
      for (const [place, process] of wanted) {
        const wish: Wish = { goal, process, ...(refusal !== undefined && { refusal }) }
        const keeper = keepers.get(place)
        if (keeper) keeper.want(wish)
        else {
          const own = join(folder, place)
          keepers.set(place, keepProcess({ ground, project, folder: own, changed }, wish))
        }
      }
    },
    async stop() {
      await Promise.all([...keepers.values()].map((keeper) => keeper.letGo()))
    },
  }
}

/**
 * The folder of a process: that of its data counts, not its name, so that one that was let go is
 * found again under any, and another with its name is another.
 */
function placeOf(process: GoalProcess): string {
  const dbPath = dbPathOf(process)
  const key = dbPath ?? `${process.processType} ${portOf(process)}`
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12)
  const readable = basename(dbPath ?? process.name)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 40)
  return `${readable}-${hash}`
}

function doubleStatus(process: GoalProcess) {
  const { name, hostname } = process
  return {
    name,
    hostname,
    lastGoalVersionAchieved: 0,
    plan: ['Start'],
    errorCode: 2,
    errorString: `another process of the document has the dbPath ${dbPathOf(process)} too: give each a folder of its own`,
  }
}
