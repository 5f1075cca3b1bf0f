/** What becomes of a goal document that is sent: what is kept of the one before, and what is filled in. */
import { randomBytes } from 'node:crypto'
import { readDate } from '../dates.js'
import {
  emptyGoal,
  type Goal,
  type GoalAuth,
  type GoalProcess,
  type GoalUser,
  type JsonObject,
  portOf,
} from './goal.js'
import { ruleFaults } from './goal-rules.js'
import { shapeFaults } from './goal-shape.js'
import { isSame, withoutNulls } from './json.js'
import type { Fault } from './shape.js'
import { withCredentials, withStoredCredentials } from './user-credentials.js'

/** Keys that the server keeps when a document leaves them out. */
const SERVER_OWNED = ['mongoDbVersions', 'agentVersion', 'options', 'uiBaseUrl']
/** Lists of agents, of whose entries the server keeps where they report to. */
const AGENT_LISTS = ['monitoringVersions', 'backupVersions']
const DATES = ['lastRestart', 'lastResync', 'lastCompact', 'lastKmipMasterKeyRotation']
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const KEY_BYTES = 378

/** All that is wrong with a document; the rules are looked at when its form is right. */
export function* goalFaults(given: JsonObject, before: Goal): Generator<Fault> {
  let isSound = true
  for (const fault of shapeFaults(given)) {
    isSound = false
    yield fault
  }
  if (isSound) yield* ruleFaults(merged(given, before), before, given)
}

/**
 * The document to be kept when one is put that has no faults: without what is null, with what
 * only the server sets, and one version on from `before`; `before` itself when nothing differs.
 */
export async function acceptedGoal(given: JsonObject, before: Goal): Promise<Goal> {
  const next = await filled(merged(given, before), before)
  if (isSame({ ...next, version: 0 }, { ...before, version: 0 })) return before
  return { ...next, version: before.version + 1 }
}

/** The document with what is kept of the one before, and with defaults. */
function merged(given: JsonObject, before: Goal): Goal {
  const { auth: emptyAuth, ...empty } = emptyGoal
  const kept = Object.fromEntries(
    SERVER_OWNED.filter((key) => before[key] !== undefined).map((key) => [key, before[key]]),
  )
  const document = withoutNulls(given) as JsonObject
  const goal: Goal = { ...empty, ...kept, ...document } as Goal
  const auth = mergedAuth((document.auth as unknown as GoalAuth) ?? emptyAuth, before.auth)
  const agents = AGENT_LISTS.filter((name) => document[name] !== undefined).map((name) => [
    name,
    withAddresses(document[name] as unknown as Agents, (before[name] as Agents) ?? []),
  ])
  return { ...goal, ...Object.fromEntries(agents), auth }
}

type Agents = readonly { readonly hostname: string; readonly baseUrl?: string }[]

function withAddresses(agents: Agents, before: Agents): Agents {
  return agents.map((agent) => {
    const { baseUrl } = before.find(({ hostname }) => hostname === agent.hostname) ?? {}
    return baseUrl === undefined ? agent : { baseUrl, ...agent }
  })
}

function mergedAuth(auth: GoalAuth, before: GoalAuth | undefined): GoalAuth {
  return {
    ...auth,
    ...(!auth.key && before?.key !== undefined && { key: before.key }),
    ...(auth.usersWanted && {
      usersWanted: auth.usersWanted.map((user) =>
        withStoredCredentials(user, storedUser(user, before)),
      ),
    }),
  }
}

function storedUser({ user, db }: GoalUser, before: GoalAuth | undefined): GoalUser | undefined {
  return before?.usersWanted?.find((other) => other.user === user && other.db === db)
}

/** What the server adds. Doing it to its own result changes nothing. */
async function filled(goal: Goal, before: Goal): Promise<Goal> {
  const { auth, processes } = goal
  return {
    ...goal,
    processes: processes.map((process) => inUtc(withConfigServers(process, goal))),
    ...(auth && { auth: await filledAuth(auth, before.auth) }),
  }
}

async function filledAuth(auth: GoalAuth, before: GoalAuth | undefined): Promise<GoalAuth> {
  const { usersWanted = [], disabled, autoAuthMechanisms } = auth
  const users = await Promise.all(
    usersWanted.map((user, i) =>
      withCredentials(user, storedUser(user, before), `auth.usersWanted[${i}]`),
    ),
  )
  const [inUse] = (autoAuthMechanisms as readonly string[] | undefined) ?? []
  return {
    ...auth,
    ...(!disabled && { key: auth.key || randomBytes(KEY_BYTES).toString('base64') }),
    ...(!disabled && inUse !== undefined && { autoAuthMechanism: inUse }),
    ...(auth.usersWanted && { usersWanted: users }),
  }
}

/** Agents need not know all forms of dates. */
function inUtc(process: GoalProcess): GoalProcess {
  const dates = DATES.flatMap((field) => {
    const text = process[field] as string | undefined
    const date = text === undefined || UTC.test(text) ? undefined : readDate(text)
    return date ? [[field, date.toISOString().replace('.000Z', 'Z')]] : []
  })
  return { ...process, ...Object.fromEntries(dates) }
}

/** A mongos is told where the config servers of its cluster are. */
function withConfigServers(process: GoalProcess, goal: Goal): GoalProcess {
  if (process.processType !== 'mongos') return process
  const cluster = goal.sharding?.find(({ name }) => name === process.cluster)
  const set = goal.replicaSets.find(({ _id }) => _id === cluster?.configServerReplica)
  if (!set) return process
  const addresses = set.members.map(({ host }) => {
    const server = goal.processes.find(({ name }) => name === host)
    return server && `${server.hostname}:${portOf(server)}`
  })
  const configDB = `${set._id}/${addresses.filter(Boolean).join(',')}`
  const { args2_6 } = process
  const sharding = { ...(args2_6.sharding as JsonObject | undefined), configDB }
  return { ...process, args2_6: { ...args2_6, sharding } }
}
