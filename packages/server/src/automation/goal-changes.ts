/** What one goal document has that another has not, for people to read: secrets are starred. */
import type { Goal, GoalAuth, GoalIndex, Json, JsonObject } from './goal.js'
import { isSecret } from './goal-secrets.js'
import { identityOf, isObject, isSame } from './json.js'

/** One field that differs; what is not there is left out. */
export interface FieldChange {
  /** As `args2_6.net.port`. */
  readonly field: string
  readonly from?: Json
  readonly to?: Json
}

/** What becomes of a part of the document; what is left out of it is let go, not undone. */
export type PartChange = 'ADDED' | 'CHANGED' | 'UNCHANGED' | 'LET_GO'

/** What a document would do to a process. */
export interface ProcessChange {
  readonly name: string
  readonly hostname: string
  readonly change: PartChange
  readonly changes: readonly FieldChange[]
}

/** What a document would do to a replica set. */
export interface SetChange {
  readonly _id: string
  readonly change: PartChange
  readonly changes: readonly FieldChange[]
  readonly membersAdded: readonly string[]
  readonly membersRemoved: readonly string[]
}

/** What a document would do to a sharded cluster. */
export interface ClusterChange {
  readonly name: string
  readonly change: PartChange
  readonly changes: readonly FieldChange[]
}

/** Users or roles, as `name@db`. */
export interface NameChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** Left out, and left as they are. */
  readonly letGo: readonly string[]
}

/** What a document would do. */
export interface GoalChanges {
  readonly processes: readonly ProcessChange[]
  readonly replicaSets: readonly SetChange[]
  readonly sharding: readonly ClusterChange[]
  readonly users: NameChanges
  readonly roles: NameChanges
  /** To be built. */
  readonly indexes: readonly GoalIndex[]
  /** All else. */
  readonly settings: readonly FieldChange[]
}

const STARS = '********'
const PARTS = ['processes', 'replicaSets', 'sharding', 'indexConfigs', 'roles', 'version']
const USERS = ['usersWanted', 'usersDeleted']

/** All that differs between the document so far and another. */
export function goalChanges(before: Goal, after: Goal): GoalChanges {
  return {
    processes: parts(before.processes, after.processes, ({ name }) => name).map(
      ({ key, part, ...rest }) => ({ name: key, hostname: part.hostname, ...rest }),
    ),
    replicaSets: parts(before.replicaSets, after.replicaSets, ({ _id }) => _id).map(
      ({ key, part: _part, ...rest }) => ({
        _id: key,
        ...rest,
        ...memberChanges(key, before, after),
      }),
    ),
    sharding: parts(before.sharding, after.sharding, ({ name }) => name).map(
      ({ key, part: _part, ...rest }) => ({ name: key, ...rest }),
    ),
    users: userChanges(before.auth, after.auth),
    roles: nameChanges(before.roles ?? [], after.roles ?? [], false),
    indexes: (after.indexConfigs ?? []).filter(
      (index) => !before.indexConfigs?.some((old) => isSame(old, index)),
    ),
    settings: fieldChanges(settingsOf(before), settingsOf(after)),
  }
}

interface Part<P> {
  readonly key: string
  readonly part: P
  readonly change: PartChange
  readonly changes: readonly FieldChange[]
}

function parts<P>(
  before: readonly P[] = [],
  after: readonly P[] = [],
  keyOf: (part: P) => string,
): Part<P>[] {
  const old = new Map(before.map((part) => [keyOf(part), part]))
  const kept = after.map((part): Part<P> => {
    const key = keyOf(part)
    const same = old.get(key)
    if (!same) return { key, part, change: 'ADDED', changes: [] }
    const changes = fieldChanges(same as unknown as Json, part as unknown as Json)
    return { key, part, change: changes.length > 0 ? 'CHANGED' : 'UNCHANGED', changes }
  })
  const known = new Set(after.map(keyOf))
  const gone = before
    .filter((part) => !known.has(keyOf(part)))
    .map((part): Part<P> => ({ key: keyOf(part), part, change: 'LET_GO', changes: [] }))
  return [...kept, ...gone].sort((a, b) => (a.key < b.key ? -1 : 1))
}

function memberChanges(id: string, before: Goal, after: Goal) {
  const [old, wanted] = [before, after].map(({ replicaSets }) =>
    (replicaSets.find(({ _id }) => _id === id)?.members ?? []).map(({ host }) => host),
  )
  const isGone = !after.replicaSets.some(({ _id }) => _id === id)
  return {
    membersAdded: wanted.filter((host) => !old.includes(host)),
    membersRemoved: isGone ? [] : old.filter((host) => !wanted.includes(host)),
  }
}

function userChanges(before: GoalAuth | undefined, after: GoalAuth | undefined): NameChanges {
  const changes = nameChanges(
    (before?.usersWanted ?? []) as unknown as JsonObject[],
    (after?.usersWanted ?? []) as unknown as JsonObject[],
    after?.authoritativeSet === true,
  )
  const deleted = (after?.usersDeleted ?? []).flatMap(({ user, dbs }) =>
    dbs.map((db) => `${user}@${db}`),
  )
  return {
    ...changes,
    removed: [...new Set([...changes.removed, ...deleted])],
    letGo: changes.letGo.filter((name) => !deleted.includes(name)),
  }
}

/** `isWhole`: what is not there any more is removed. */
function nameChanges(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  isWhole: boolean,
): NameChanges {
  const named = (items: readonly JsonObject[]) =>
    new Map(items.map((item) => [identityOf(item) ?? '', item]))
  const [old, wanted] = [named(before), named(after)]
  const gone = [...old.keys()].filter((name) => !wanted.has(name))
  return {
    added: [...wanted.keys()].filter((name) => !old.has(name)),
    changed: [...wanted]
      .filter(([name, item]) => old.has(name) && !isSame(old.get(name), item))
      .map(([name]) => name),
    removed: isWhole ? gone : [],
    letGo: isWhole ? [] : gone,
  }
}

function settingsOf(goal: Goal): JsonObject {
  const rest = Object.entries(goal).filter(([name]) => !PARTS.includes(name))
  const auth = Object.entries(goal.auth ?? {}).filter(([name]) => !USERS.includes(name))
  return { ...Object.fromEntries(rest), auth: Object.fromEntries(auth) } as JsonObject
}

/** The fields that differ, in the order of their paths; entries of lists go by what they are known by. */
function fieldChanges(from: Json | undefined, to: Json | undefined): FieldChange[] {
  return [...differences(from, to, [])].sort((a, b) => (a.field < b.field ? -1 : 1))
}

function* differences(
  from: Json | undefined,
  to: Json | undefined,
  path: readonly string[],
): Generator<FieldChange> {
  if (isSame(from, to)) return
  const [a, b] = [entriesOf(from), entriesOf(to)]
  if (!a || !b || Array.isArray(from) !== Array.isArray(to)) {
    yield { field: fieldText(path), ...side('from', from, path), ...side('to', to, path) }
    return
  }
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    yield* differences(a.get(name), b.get(name), [...path, name])
  }
}

/** Undefined: the value has no parts to be told one by one. */
function entriesOf(value: Json | undefined): Map<string, Json> | undefined {
  if (isObject(value)) return new Map(Object.entries(value))
  if (!Array.isArray(value)) return undefined
  const names = value.map(identityOf)
  const isNamed = names.every((name) => name !== undefined) && new Set(names).size === names.length
  return isNamed ? new Map(value.map((item: Json, i) => [`[${names[i]}]`, item])) : undefined
}

function side(name: 'from' | 'to', value: Json | undefined, path: readonly string[]) {
  if (value === undefined) return {}
  const isHidden = path.some((part, i) => isSecret(part, path[i - 1]))
  return { [name]: isHidden ? STARS : starred(value, path.at(-1)) }
}

function starred(value: Json, parent?: string): Json {
  if (Array.isArray(value)) return value.map((item: Json) => starred(item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name, parent) ? STARS : starred(inner, name),
    ]),
  )
}

function fieldText(path: readonly string[]): string {
  return path.reduce((text, part) => (part.startsWith('[') ? text + part : `${text}.${part}`))
}
