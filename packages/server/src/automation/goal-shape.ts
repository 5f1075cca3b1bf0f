/** What a goal document may hold at its top, and what its parts must, as data. */
import { type Fault, faultOf, missingFaults, type Shape, type Shapes, typeFaults } from './shape.js'

const text: Shape = { type: 'string' }
const flag: Shape = { type: 'boolean' }
const integer: Shape = { type: 'integer' }
const positive: Shape = { type: 'number', least: 0 }
const count: Shape = { type: 'integer', least: 0 }
const date: Shape = { type: 'date' }
const free: Shape = { type: 'object' }
const freeList: Shape = { type: 'array' }
const anything: Shape = { type: 'any' }

const needed = (shape: Shape): Shape => ({ ...shape, required: true })
const object = (fields: Shapes): Shape => ({ type: 'object', fields })
const list = (items: Shape): Shape => ({ type: 'array', items })
const oneOf = (...values: readonly (string | number)[]): Shape => ({
  type: typeof values[0] === 'number' ? 'number' : 'string',
  values,
})
const texts = list(text)

const logRotation = object({
  sizeThresholdMB: needed(positive),
  timeThresholdHrs: needed(count),
  numUncompressed: count,
  numTotal: count,
  percentOfDiskspace: positive,
})

const networkTls = object({
  mode: text,
  certificateKeyFile: text,
  certificateKeyFilePassword: text,
  PEMKeyFile: text,
  PEMKeyPassword: text,
  CAFile: text,
  CRLFile: text,
  clusterFile: text,
  clusterPassword: text,
  allowConnectionsWithoutCertificates: flag,
  allowInvalidCertificates: flag,
  allowInvalidHostnames: flag,
  FIPSMode: flag,
})

const options = object({
  net: needed(
    object({
      port: needed({ type: 'integer', least: 1, most: 65_535 }),
      bindIp: text,
      bindIpAll: flag,
      ipv6: flag,
      // Clients that know its type take no number.
      listenBacklog: text,
      maxIncomingConnections: count,
      tls: networkTls,
      ssl: networkTls,
    }),
  ),
  storage: object({
    dbPath: text,
    engine: text,
    directoryPerDB: flag,
    journal: free,
    wiredTiger: free,
  }),
  systemLog: needed(
    object({
      destination: oneOf('file'),
      path: needed(text),
      logAppend: flag,
      verbosity: count,
    }),
  ),
  replication: object({ replSetName: text, oplogSizeMB: positive }),
  sharding: object({ clusterRole: oneOf('shardsvr', 'configsvr'), configDB: text }),
  security: free,
  setParameter: free,
  operationProfiling: free,
  auditLog: free,
  snmp: free,
  processManagement: free,
})

const process = object({
  name: needed(text),
  processType: needed(oneOf('mongod', 'mongos')),
  version: needed(text),
  hostname: needed(text),
  args2_6: needed(options),
  authSchemaVersion: needed(oneOf(3, 5)),
  featureCompatibilityVersion: needed(text),
  cluster: text,
  disabled: flag,
  manualMode: flag,
  alias: text,
  logRotate: logRotation,
  auditLogRotate: logRotation,
  lastRestart: date,
  lastResync: date,
  lastCompact: date,
  lastKmipMasterKeyRotation: date,
  horizons: free,
})

const member = object({
  _id: needed(count),
  host: needed(text),
  arbiterOnly: flag,
  buildIndexes: flag,
  hidden: flag,
  priority: { type: 'number', least: 0, most: 1000 },
  votes: oneOf(0, 1),
  secondaryDelaySecs: positive,
  slaveDelay: positive,
  tags: free,
  horizons: free,
})

const replicaSet = object({
  _id: needed(text),
  members: needed(list(member)),
  protocolVersion: text,
  settings: free,
  writeConcernMajorityJournalDefault: text,
  force: object({ currentVersion: integer }),
})

const sharding = object({
  name: needed(text),
  configServerReplica: needed(text),
  shards: needed(list(object({ _id: needed(text), rs: needed(text), tags: texts }))),
  collections: list(
    object({ _id: needed(text), key: list(freeList), unique: flag, dropped: flag }),
  ),
  managedSharding: flag,
  draining: texts,
  tags: list(object({ ns: text, min: anything, max: anything, tag: text })),
})

const index = object({
  dbName: needed(text),
  collectionName: needed(text),
  rsName: needed(text),
  key: needed(list(freeList)),
  options: free,
  collation: free,
})

const roleOnDatabase = object({ role: needed(text), db: needed(text) })

const credentials = object({
  iterationCount: needed({ type: 'integer', least: 1 }),
  salt: needed(text),
  serverKey: needed(text),
  storedKey: needed(text),
})

const user = object({
  db: needed(text),
  user: needed(text),
  roles: needed(list(roleOnDatabase)),
  initPwd: text,
  pwd: text,
  mechanisms: texts,
  scramSha1Creds: credentials,
  scramSha256Creds: credentials,
  authenticationRestrictions: list(object({ clientSource: texts, serverAddress: texts })),
})

const mechanism = oneOf(
  'MONGODB-CR',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'MONGODB-X509',
  'PLAIN',
  'GSSAPI',
)

const auth = object({
  disabled: needed(flag),
  authoritativeSet: flag,
  autoUser: text,
  autoPwd: text,
  newAutoPwd: text,
  autoAuthMechanism: text,
  autoAuthMechanisms: list(mechanism),
  deploymentAuthMechanisms: list(mechanism),
  autoAuthRestrictions: freeList,
  autoLdapGroupDN: text,
  autoKerberosKeytabPath: text,
  key: text,
  newKey: text,
  keyfile: text,
  keyfileWindows: text,
  usersWanted: list(user),
  usersDeleted: list(object({ user: needed(text), dbs: needed(texts) })),
})

const agentsTls = object({
  CAFilePath: text,
  autoPEMKeyFilePath: text,
  autoPEMKeyFilePwd: text,
  clientCertificateMode: oneOf('OPTIONAL', 'REQUIRE'),
})

const agent = object({ hostname: needed(text), name: text, baseUrl: text, logPath: text })

const build = object({
  architecture: text,
  bits: integer,
  flavor: text,
  gitVersion: text,
  maxOsVersion: text,
  minOsVersion: text,
  platform: text,
  url: text,
})

/** Each key that there is at the top; others are refused, but what is below is free. */
export const goalShape = {
  agentVersion: object({ name: text, directoryUrl: text }),
  auth,
  backupVersions: list(agent),
  balancer: free,
  clusterWideConfigurations: free,
  cpsModules: freeList,
  indexConfigs: list(index),
  kerberos: free,
  ldap: free,
  mongoDbToolsVersion: anything,
  mongoDbVersions: list(object({ name: needed(text), builds: list(build) })),
  mongosqlds: freeList,
  mongots: freeList,
  monitoringVersions: list(agent),
  onlineArchiveModules: freeList,
  options: object({ downloadBase: text }),
  processes: needed(list(process)),
  prometheus: free,
  replicaSets: needed(list(replicaSet)),
  roles: list(
    object({
      role: needed(text),
      db: needed(text),
      privileges: freeList,
      roles: list(roleOnDatabase),
    }),
  ),
  sharding: list(sharding),
  ssl: agentsTls,
  tls: agentsTls,
  uiBaseUrl: text,
  version: integer,
} satisfies Shapes

const whole: Shape = { type: 'object', fields: goalShape }

/** What is wrong with the form of a document: unknown keys first, then types, then what is missing. */
export function* shapeFaults(document: object): Generator<Fault> {
  for (const name of Object.keys(document)) {
    if (!Object.hasOwn(goalShape, name)) yield faultOf('INVALID_ATTRIBUTE', name)
  }
  let isSound = true
  for (const fault of typeFaults(document, whole, '')) {
    isSound = false
    yield fault
  }
  if (!isSound) return
  yield* missingFaults(document, whole, '')
  const { processes } = document as { readonly processes?: readonly ProcessForm[] | null }
  for (const [i, form] of (processes ?? []).entries()) yield* processFaults(form, i)
}

interface ProcessForm {
  readonly processType?: string | null
  readonly cluster?: string | null
  readonly args2_6?: { readonly storage?: { readonly dbPath?: string | null } | null } | null
}

/** What only one type of process needs. */
function* processFaults({ processType, cluster, args2_6 }: ProcessForm, i: number) {
  const missing = (field: string) => faultOf('MISSING_ATTRIBUTE', `processes[${i}].${field}`)
  if (processType === 'mongos') {
    if (cluster === undefined || cluster === null) yield missing('cluster')
  } else if (args2_6 && typeof args2_6.storage?.dbPath !== 'string') {
    yield missing('args2_6.storage.dbPath')
  }
}
