/** The configuration of a replica set, and the way from one to another. */
import type { Goal, GoalMember, GoalReplicaSet } from '../goal.js'
import { addressOf, processOf } from './goal-parts.js'

export interface SetMember {
  readonly _id: number
  readonly host: string
  readonly arbiterOnly?: boolean
  readonly votes?: number
  readonly priority?: number
  readonly [name: string]: unknown
}

export interface SetConfig {
  readonly _id: string
  readonly version?: number
  readonly members: readonly SetMember[]
  readonly settings?: object
  readonly [name: string]: unknown
}

/** A set as its document wants it, with its members by the addresses of their processes. */
export function wantedConfig(goal: Goal, set: GoalReplicaSet): SetConfig {
  const { _id, members, settings } = set
  return {
    _id,
    members: members.map((member) => memberOf(goal, member)),
    ...(settings && Object.keys(settings).length > 0 && { settings }),
  }
}

function memberOf(goal: Goal, { host, slaveDelay, ...member }: GoalMember): SetMember {
  const process = processOf(goal, host)
  const delay = member.secondaryDelaySecs ?? slaveDelay
  return {
    ...member,
    host: process ? addressOf(process) : host,
    ...(delay !== undefined && { secondaryDelaySecs: delay }),
  }
}

/** What a set gives a member that says nothing of it. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  arbiterOnly: false,
  buildIndexes: true,
  hidden: false,
  priority: 1,
  votes: 1,
  secondaryDelaySecs: 0,
  tags: {},
}

/**
 * The next configuration on the way, undefined at its end. In one step the members that stay are
 * changed where who votes stays the same; in each other one member comes, goes, or gets or loses its vote.
 */
export function nextConfig(now: SetConfig, wanted: SetConfig): SetConfig | undefined {
  const version = (now.version ?? 1) + 1
  const { members, ...rest } = now
  const step = (next: readonly SetMember[]): SetConfig => ({
    ...rest,
    ...(wanted.settings && { settings: { ...now.settings, ...wanted.settings } }),
    version,
    members: next,
  })
  const added = wanted.members.find(({ host }) => !members.some((old) => old.host === host))
  if (added) return step([...members, withId(added, members)])
  const gone = members.find(({ host }) => !wanted.members.some((member) => member.host === host))
  if (gone) return step(members.filter((member) => member !== gone))
  const changed = members.map((old) => changedMember(old, wanted))
  const turning = members.findIndex((old, i) => votes(old) !== votes(changed[i]))
  if (turning >= 0) return step(members.map((old, i) => (i === turning ? changed[i] : old)))
  const settingsDiffer = Object.entries(wanted.settings ?? {}).some(
    ([name, value]) =>
      !isSame(value, (now.settings as Record<string, unknown> | undefined)?.[name]),
  )
  if (settingsDiffer || members.some((old, i) => !isSameMember(old, changed[i])))
    return step(changed)
  return undefined
}

/** The id of a member never changes, and no two have the same. */
function withId(member: SetMember, members: readonly SetMember[]): SetMember {
  const isTaken = members.some(({ _id }) => _id === member._id)
  const free = Math.max(-1, ...members.map(({ _id }) => _id)) + 1
  return isTaken ? { ...member, _id: free } : member
}

function changedMember(old: SetMember, { members }: SetConfig): SetMember {
  const member = members.find(({ host }) => host === old.host)
  return member ? { ...member, _id: old._id } : old
}

const votes = (member: SetMember) => Number(member.votes ?? 1)

function isSameMember(a: SetMember, b: SetMember): boolean {
  const names = new Set([...Object.keys(DEFAULTS), ...Object.keys(b)])
  return [...names].every((name) => isSame(a[name] ?? DEFAULTS[name], b[name] ?? DEFAULTS[name]))
}

/** Numbers of a reply may be of 64 bits. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') return Number(a) === Number(b)
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}
