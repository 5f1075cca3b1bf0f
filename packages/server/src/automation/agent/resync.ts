import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.js'
import { dbPathOf } from '../goal.js'
import { isArbiter, processOf, setOf } from './goal-parts.js'
import { asAgent, helloOf, uriOfOther } from './reach.js'
import { launch } from './start.js'
import type { Task } from './task.js'

/**
 * Empties the data of a member, which then gets them from the others of its set. Refused with
 * `invalid` where there are no others that have them: what is thrown away must be elsewhere.
 */
export async function resync(task: Task): Promise<void> {
  const { ground, project, goal, process, hold } = task
  const set = setOf(goal, process)
  const { lastResync } = process
  await ground.inTurn(`${project} ${set?._id ?? process.name}`, async () => {
    task.signal.throwIfAborted()
    await requireOthers(task)
    const dbPath = dbPathOf(process)
    if (dbPath === undefined || dbPath !== hold.record.launched?.dbPath) {
      throw new AppError(
        'invalid',
        `${process.name} did not run on ${dbPath} before: nothing is emptied`,
      )
    }
    const between = async () => {
      for (const entry of await readdir(dbPath)) {
        await rm(join(dbPath, entry), { recursive: true, force: true })
      }
    }
    await launch(task, {
      between,
      ...(lastResync !== undefined && { done: { resync: lastResync } }),
    })
  })
}

/** A primary among the others: it has everything that was acknowledged. */
async function requireOthers({ goal, process }: Task): Promise<void> {
  const others = (setOf(goal, process)?.members ?? [])
    .map(({ host }) => processOf(goal, host))
    .filter((other) => other !== undefined)
    .filter((other) => other.name !== process.name && !isArbiter(goal, other))
  const states = await Promise.allSettled(
    others.map((other) =>
      asAgent(
        goal,
        (login) => uriOfOther(goal, other, login),
        async (deployment) => {
          const hello = await helloOf(deployment)
          return hello.get('isWritablePrimary') === true
        },
      ),
    ),
  )
  if (states.some((state) => state.status === 'fulfilled' && state.value)) return
  throw new AppError(
    'invalid',
    `${process.name} is not emptied: no other member of a replica set is a primary that has its data`,
  )
}
