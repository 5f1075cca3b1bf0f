import type { Deployment } from '../../services/deployment.js'
import { ask } from '../reply.js'

/** Seconds for which a primary that stepped down may not be elected again, and to let secondaries catch up. */
const STEP_DOWN_SECONDS = 120
const CATCH_UP_SECONDS = 30

/** Which of the members of a replica set is its primary; undefined when none says that it is. */
export async function primaryOf(
  member: (host: string) => Promise<Deployment>,
  hosts: readonly string[],
): Promise<string | undefined> {
  for (const host of hosts) {
    const hello = await ask(await member(host), 'admin', { hello: 1 }).catch(() => undefined)
    const isPrimary = hello?.get('isWritablePrimary') === true || hello?.get('ismaster') === true
    if (isPrimary) return host
  }
  return undefined
}

/** Has a primary make way for another. Servers of old close the connection instead of answering. */
export async function stepDown(primary: Deployment): Promise<void> {
  const command = {
    replSetStepDown: STEP_DOWN_SECONDS,
    secondaryCatchUpPeriodSecs: CATCH_UP_SECONDS,
  }
  try {
    await primary.command('admin', command)
  } catch (error) {
    const { message = '' } = error as Error
    if (!/connection .*closed|ECONNRESET|not primary|stepping down/i.test(message)) throw error
  }
}
