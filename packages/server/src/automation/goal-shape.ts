/** What a goal document may hold at its top, and what its parts must, as data. */

interface Shape {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'
  readonly required?: boolean
  readonly values?: readonly (string | number)[]
  readonly least?: number
  readonly most?: number
  readonly fields?: Shapes
  readonly items?: Shape
}

type Shapes = { readonly [name: string]: Shape }

const text: Shape = { type: 'string' }
const flag: Shape = { type: 'boolean' }
const free: Shape = { type: 'object' }
const freeList: Shape = { type: 'array' }
const needed = (shape: Shape): Shape => ({ ...shape, required: true })
const object = (fields: Shapes): Shape => ({ type: 'object', fields })
const list = (items: Shape): Shape => ({ type: 'array', items })

const process = object({
  name: needed(text),
  processType: needed({ ...text, values: ['mongod', 'mongos'] }),
  version: needed(text),
  hostname: needed(text),
  authSchemaVersion: needed({ type: 'integer', values: [3, 5] }),
  featureCompatibilityVersion: needed(text),
  cluster: text,
  disabled: flag,
  manualMode: flag,
  alias: text,
  lastRestart: text,
  lastResync: text,
  lastCompact: text,
  args2_6: needed(
    object({
      net: needed(object({ port: needed({ type: 'integer', least: 1, most: 65_535 }) })),
      storage: object({ dbPath: text }),
      systemLog: object({ destination: text, path: text }),
      replication: object({ replSetName: text }),
      sharding: object({ clusterRole: { ...text, values: ['shardsvr', 'configsvr'] } }),
    }),
  ),
})

const member = object({
  _id: needed({ type: 'integer', least: 0 }),
  host: needed(text),
  arbiterOnly: flag,
  buildIndexes: flag,
  hidden: flag,
  priority: { type: 'number', least: 0, most: 1000 },
  votes: { type: 'number', values: [0, 1] },
})

const replicaSet = object({ _id: needed(text), members: needed(list(member)) })

const sharding = object({
  name: needed(text),
  configServerReplica: needed(text),
  shards: needed(list(object({ _id: needed(text), rs: needed(text) }))),
})

const auth = object({ disabled: needed(flag), usersWanted: freeList, usersDeleted: freeList })

/** Each key that there is at the top; others are refused, but what is below is free. */
export const goalShape = object({
  agentVersion: free,
  auth,
  backupVersions: freeList,
  balancer: free,
  clusterWideConfigurations: free,
  cpsModules: freeList,
  indexConfigs: freeList,
  kerberos: free,
  ldap: free,
  mongoDbToolsVersion: free,
  mongoDbVersions: list(object({ name: needed(text) })),
  mongosqlds: freeList,
  mongots: freeList,
  monitoringVersions: freeList,
  onlineArchiveModules: freeList,
  options: free,
  processes: needed(list(process)),
  prometheus: free,
  replicaSets: needed(list(replicaSet)),
  roles: freeList,
  sharding: list(sharding),
  ssl: free,
  tls: free,
  uiBaseUrl: text,
  version: { type: 'integer' },
})

/** What is wrong with the form of a value: an error code, and the path that it is about. */
export interface ShapeFault {
  readonly code:
    | 'INVALID_ATTRIBUTE'
    | 'MISSING_ATTRIBUTE'
    | 'INVALID_JSON_ATTRIBUTE'
    | 'INVALID_ENUM_VALUE'
  readonly path: string
}

/** The first fault of a document, unknown keys first; undefined: there is none. */
export function goalFault(document: unknown): ShapeFault | undefined {
  const unknown = Object.keys(document as object).find((key) => !(key in (goalShape.fields ?? {})))
  if (unknown !== undefined) return { code: 'INVALID_ATTRIBUTE', path: unknown }
  return faultOf(document, goalShape, '')
}

function faultOf(value: unknown, shape: Shape, path: string): ShapeFault | undefined {
  if (!hasType(value, shape)) return { code: 'INVALID_JSON_ATTRIBUTE', path }
  if (shape.values && !shape.values.includes(value as string)) {
    return { code: 'INVALID_ENUM_VALUE', path }
  }
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const fault = shape.items && faultOf(item, shape.items, `${path}[${i}]`)
      if (fault) return fault
    }
    return undefined
  }
  for (const [name, field] of Object.entries(shape.fields ?? {})) {
    const inner = (value as { [name: string]: unknown })[name]
    const at = path === '' ? name : `${path}.${name}`
    if (inner === undefined || inner === null) {
      if (field.required) return { code: 'MISSING_ATTRIBUTE', path: at }
      continue
    }
    const fault = faultOf(inner, field, at)
    if (fault) return fault
  }
  return undefined
}

function hasType(value: unknown, { type, least, most }: Shape): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        (type === 'number' || Number.isInteger(value)) &&
        value >= (least ?? value) &&
        value <= (most ?? value)
      )
    default:
      return typeof value === type
  }
}
