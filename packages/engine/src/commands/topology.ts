import { ObjectId, type RawValue, type Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Session } from '../session.js'
import { arg } from './args.js'
import type { CommandContext } from './command.js'
import { toNumber } from './long.js'
import { readDocument } from './read-args.js'
import type { ServerIdentity } from './server-identity.js'

/** A set of one member never changes: the first version is the only one of a process. */
const COUNTER = 0

export function topologyVersion({ processId }: ServerIdentity): Record<string, Writable> {
  return { processId, counter: BigInt(COUNTER) }
}

const versionArgs = { processId: arg.value, counter: arg.any } as const

/** Longest delay of a timer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Waits for as long as the caller knows the topology as it is, until its time is over or its session ends. */
export async function awaitTopologyChange(
  { identity, session, operation }: Pick<CommandContext, 'identity' | 'session' | 'operation'>,
  asked: { topologyVersion: RawValue | undefined; maxAwaitTimeMS: number | undefined },
): Promise<void> {
  if (!asked.topologyVersion && asked.maxAwaitTimeMS === undefined) return
  if (!asked.topologyVersion) {
    throw new CommandError(
      31368,
      "A request with 'maxAwaitTimeMS' must include a 'topologyVersion'",
    )
  }
  if (asked.maxAwaitTimeMS === undefined) {
    throw new CommandError(
      31368,
      "A request with a 'topologyVersion' must include 'maxAwaitTimeMS'",
    )
  }
  const version = readDocument('topologyVersion', versionArgs, asked.topologyVersion)
  if (!(version.processId instanceof ObjectId) || !version.processId.equals(identity.processId))
    return
  const counter = toNumber(version.counter)
  if (counter > COUNTER) {
    throw new CommandError(
      31382,
      `Received a topology version with counter: ${counter} which is greater than the server topology version counter: ${COUNTER}`,
    )
  }
  if (counter !== COUNTER) return
  operation.waits = true
  await pause(session, Math.min(asked.maxAwaitTimeMS, LONGEST_WAIT_MS))
}

function pause({ onEnd }: Session, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      onEnd.delete(end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    onEnd.add(end)
  })
}
