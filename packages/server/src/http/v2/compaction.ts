import { v2 } from '@gantry/api'
import { DateTime, type Writable } from '@gantry/bson'
import type {
  Compaction,
  MemberCompaction,
  ShardCompaction,
} from '../../control/compaction/record.js'
import type { StepdownWindow } from '../../control/stepdown/record.js'
import { AppError } from '../../errors.js'
import { route } from './route.js'

export const compactionRoutes = [
  route(v2.getCompaction, async ({ control, instance }) => {
    const compaction = await control.compactions.get(instance)
    return compaction ? present(compaction) : { state: 'none', updated: '', shards: [] }
  }),
  route(v2.startCompaction, async ({ control, instance }) => {
    await control.compactions.start(instance)
    return 'Success'
  }),
  route(v2.getStepdownWindow, async ({ control, instance }) => {
    const window = await control.stepdowns.get(instance)
    const ran = window !== undefined && control.stepdowns.ranInWindow(window)
    return presentWindow(window, ran)
  }),
  route(v2.setStepdownWindow, async ({ control, instance, body, noted }) => {
    const { start, end, enabled = true, scheduled = true, weekly = true } = body
    const window = await control.stepdowns.set(instance, {
      startMs: millisecondsOf(start),
      endMs: millisecondsOf(end),
      enabled: isTrue(enabled),
      scheduled: isTrue(scheduled),
      weekly: isTrue(weekly),
    })
    noted.enabled = window.enabled
    return presentWindow(window, false)
  }),
]

function present({ state, startMs, updatedMs, shards }: Compaction): Writable {
  return {
    state: state as string,
    start: DateTime.fromMs(startMs),
    updated: timeText(updatedMs),
    balancer_stopped_by_check: false,
    shards: shards.map(presentShard),
  }
}

function presentShard({
  name,
  state,
  startMs,
  updatedMs,
  primary,
  members,
}: ShardCompaction): Writable {
  return {
    shardstr: `${name}/${members.map((member) => member.name).join(',')}`,
    state: state as string,
    start: DateTime.fromMs(startMs),
    updated: timeText(updatedMs),
    updated_ts: Math.floor(updatedMs / 1000),
    ...(primary !== undefined && { primary_at_stepdown_request_time: primary }),
    members: members.map(presentMember),
  }
}

function presentMember({ name, state, startMs, finishMs, updatedMs }: MemberCompaction): Writable {
  return {
    name,
    state: state as string,
    ...(startMs !== undefined && { start: DateTime.fromMs(startMs) }),
    ...(finishMs !== undefined && { finish: DateTime.fromMs(finishMs) }),
    updated: timeText(updatedMs),
  }
}

function presentWindow(window: StepdownWindow | undefined, ran: boolean): Writable {
  if (!window) {
    const flags = { enabled: false, scheduled: true, weekly: false }
    return { ...flags, start: '', end: '', ran_in_window: false, requestor: 'autocompact' }
  }
  const { enabled, scheduled, weekly, startMs, endMs } = window
  const times = { start: DateTime.fromMs(startMs), end: DateTime.fromMs(endMs) }
  return { enabled, scheduled, weekly, ...times, ran_in_window: ran, requestor: 'autocompact' }
}

/** Seconds, which old clients also send as text. */
function millisecondsOf(seconds: number | string): number {
  const ms = Math.round(Number(seconds) * 1000)
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw new AppError('invalid', `"${seconds}" is no time in seconds since 1970`)
}

function isTrue(flag: boolean | string): boolean {
  return flag === true || flag === 'True' || flag === 'true'
}

/** `2015-08-27 21:27:03.311000`, in UTC. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}000`
}
