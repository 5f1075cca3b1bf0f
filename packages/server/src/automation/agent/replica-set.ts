/** Replica sets: made by the agent of their first member, and changed one step at a time. */
import { type Doc, decodeDocument, type Value } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { GoalReplicaSet } from '../goal.js'
import { processOf, roleOf, setOf } from './goal-parts.js'
import { asAgent, helloOf, uriOfOther, uriOfProcess, uriOfWhole, within } from './reach.js'
import { nextConfig, type SetConfig, wantedConfig } from './set-config.js'
import { NotYet, type Task } from './task.js'
import { wantedOf } from './wanted.js'

/** Waits until each member answers, by the name that the others know it by. */
export async function awaitMembers({ goal, process }: Task): Promise<void> {
  const set = setOf(goal, process)
  for (const { host } of set?.members ?? []) {
    const member = processOf(goal, host)
    if (!member || member.disabled) continue
    const uri = member.name === process.name ? uriOfProcess(goal, member) : uriOfOther(goal, member)
    await within(uri, helloOf).catch((error: Error) => {
      throw new NotYet(`the member ${host} cannot be reached: ${error.message}`)
    })
  }
}

/** Makes the set unless it is made, and changes it until it is as wanted. */
export async function initiate(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const set = setOf(goal, process)
  if (!set) return
  if (hold.record.launched?.isEngine) await checkName(task, set)
  else if (await isInitiated(task)) await reconfigure(task, set)
  else await initiateOnce(task, set)
  await hold.did({ set: wantedOf(goal, process).state.set })
}

/** Another member's agent makes the set; it is made when this one knows its primary. */
export async function awaitInitiated(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const hello = await within(uriOfProcess(goal, process), helloOf)
  if (!hello.has('setName')) throw new NotYet('the replica set has not been made')
  const isArbiter = hello.get('arbiterOnly') === true
  if (!isArbiter && !hello.has('primary')) throw new NotYet('the replica set has no primary')
  await hold.did({ set: wantedOf(goal, process).state.set })
}

/** The engine is the only member of its set from its start on. */
async function checkName({ goal, process }: Task, { _id }: GoalReplicaSet): Promise<void> {
  const hello = await within(uriOfProcess(goal, process), helloOf)
  const name = hello.get('setName')
  if (name !== _id)
    throw new AppError('unavailable', `${process.name} is in the set ${name}, not in ${_id}`)
}

async function isInitiated({ goal, process }: Task): Promise<boolean> {
  const hello = await within(uriOfProcess(goal, process), helloOf)
  return hello.has('setName')
}

async function initiateOnce({ goal, process }: Task, set: GoalReplicaSet): Promise<void> {
  const config = {
    ...wantedConfig(goal, set),
    ...(roleOf(process) === 'configsvr' && { configsvr: true }),
  }
  // Nobody is asked who they are before there is a user.
  await within(uriOfProcess(goal, process), async (deployment) => {
    try {
      await deployment.command('admin', { replSetInitiate: config as never })
    } catch (error) {
      if (!isDatabaseError(error, 'AlreadyInitialized')) throw error
    }
    if (!(await helloOf(deployment)).has('primary')) throw new NotYet('the set elects its primary')
  })
}

/** One member that votes is added or removed at a time, as MongoDB asks; each step waits for the one before. */
async function reconfigure(task: Task, set: GoalReplicaSet): Promise<void> {
  const { goal, process } = task
  const force = set.force?.currentVersion === -1
  await asAgent(
    goal,
    (login) => uriOfWhole(goal, process, login),
    async (deployment) => {
      const reply = decodeDocument(await deployment.command('admin', { replSetGetConfig: 1 }))
      const now = plain(reply.get('config') as Doc) as unknown as SetConfig
      const next = nextConfig(now, wantedConfig(goal, set))
      if (!next) return
      await deployment.command('admin', { replSetReconfig: next as never, ...(force && { force }) })
      throw new NotYet(`the members of ${set._id} are being changed from ${process.name}`)
    },
  )
}

/** Documents as plain objects, values as they are. */
function plain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]))
}
