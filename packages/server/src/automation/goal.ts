/**
 * The goal document of a project: which processes are to run on which hosts, and what they form.
 * Everything of it is kept, and what is not listed here is passed on as it is.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [name: string]: Json }

/** When a process begins a new log file, and which old ones it removes. */
export interface LogRotation {
  readonly sizeThresholdMB: number
  readonly timeThresholdHrs: number
  readonly numUncompressed?: number
  /** 0: no limit. */
  readonly numTotal?: number
  readonly percentOfDiskspace?: number
}

/** A process as the document wants it. */
export interface GoalProcess {
  readonly name: string
  readonly processType: 'mongod' | 'mongos'
  readonly version: string
  /** Of the machine whose agent runs it. */
  readonly hostname: string
  /** The configuration file of the program, as JSON. */
  readonly args2_6: JsonObject
  readonly featureCompatibilityVersion: string
  readonly authSchemaVersion: number
  /** Of a mongos: the sharded cluster. */
  readonly cluster?: string
  /** To be stopped, with its files kept. */
  readonly disabled?: boolean
  /** Left alone. */
  readonly manualMode?: boolean
  readonly alias?: string
  readonly logRotate?: LogRotation
  readonly auditLogRotate?: LogRotation
  /** ISO 8601; a new value asks for one restart, at that time. */
  readonly lastRestart?: string
  readonly lastResync?: string
  readonly lastCompact?: string
  readonly [name: string]: unknown
}

/** A member of a replica set, with what its configuration says of it. */
export interface GoalMember {
  readonly _id: number
  /** The name of a process. */
  readonly host: string
  readonly arbiterOnly?: boolean
  readonly buildIndexes?: boolean
  readonly hidden?: boolean
  readonly priority?: number
  readonly votes?: number
  readonly secondaryDelaySecs?: number
  /** What `secondaryDelaySecs` is called before 5.0. */
  readonly slaveDelay?: number
  readonly tags?: { readonly [name: string]: string }
  readonly horizons?: { readonly [name: string]: string }
}

/** A replica set, made of processes of the document. */
export interface GoalReplicaSet {
  readonly _id: string
  readonly members: readonly GoalMember[]
  readonly protocolVersion?: string
  readonly settings?: JsonObject
  readonly writeConcernMajorityJournalDefault?: string
  /** `currentVersion` -1 asks for a reconfiguration by force. */
  readonly force?: { readonly currentVersion: number }
}

/** A shard of a sharded cluster. */
export interface GoalShard {
  readonly _id: string
  /** The replica set. */
  readonly rs: string
  readonly tags?: readonly string[]
}

/** A sharded cluster. */
export interface GoalSharding {
  readonly name: string
  readonly configServerReplica: string
  readonly shards: readonly GoalShard[]
  readonly collections?: readonly JsonObject[]
  readonly draining?: readonly string[]
  readonly [name: string]: unknown
}

/** An index that is built once, and not removed when it is left out later. */
export interface GoalIndex {
  readonly dbName: string
  readonly collectionName: string
  /** The replica set. */
  readonly rsName: string
  readonly key: readonly (readonly [field: string, type: string | number])[]
  readonly options?: JsonObject
  readonly collation?: JsonObject
}

/** What a server keeps of a password; the strings are base64. */
export interface ScramCredentials {
  readonly iterationCount: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

/**
 * A user of the databases. Passwords in clear have become credentials before a document is
 * kept. A user is made of them by way of a temporary collection and `_mergeAuthzCollections`,
 * as a restored dump is.
 */
export interface GoalUser {
  readonly user: string
  readonly db: string
  readonly roles: readonly { readonly role: string; readonly db: string }[]
  readonly mechanisms?: readonly string[]
  readonly scramSha1Creds?: ScramCredentials
  readonly scramSha256Creds?: ScramCredentials
  readonly authenticationRestrictions?: readonly {
    readonly clientSource?: readonly string[]
    readonly serverAddress?: readonly string[]
  }[]
}

/** Who may log in to the processes, the agents included. */
export interface GoalAuth {
  readonly disabled: boolean
  /** Users that are not wanted are removed. */
  readonly authoritativeSet?: boolean
  /** The user with which agents come in. */
  readonly autoUser?: string
  readonly autoPwd?: string
  readonly autoAuthMechanism?: string
  /** What the key file holds. */
  readonly key?: string
  /** The key file's path. */
  readonly keyfile?: string
  readonly usersWanted?: readonly GoalUser[]
  readonly usersDeleted?: readonly { readonly user: string; readonly dbs: readonly string[] }[]
  readonly [name: string]: unknown
}

/** A document that has passed all checks. */
export interface Goal {
  readonly version: number
  readonly processes: readonly GoalProcess[]
  readonly replicaSets: readonly GoalReplicaSet[]
  readonly sharding?: readonly GoalSharding[]
  readonly auth?: GoalAuth
  readonly indexConfigs?: readonly GoalIndex[]
  /** Roles of the databases: `role`, `db`, `privileges` and `roles`. */
  readonly roles?: readonly JsonObject[]
  readonly mongoDbVersions?: readonly { readonly name: string }[]
  readonly [name: string]: unknown
}

/** What a project has that never had a document. */
export const emptyGoal: Goal = {
  auth: {
    authoritativeSet: false,
    autoAuthMechanism: 'MONGODB-CR',
    autoAuthRestrictions: [],
    disabled: true,
    usersDeleted: [],
    usersWanted: [],
  },
  options: { downloadBase: '/var/lib/mongodb-mms-automation' },
  processes: [],
  replicaSets: [],
  sharding: [],
  version: 0,
}

/** The port at which a process listens. */
export function portOf({ args2_6 }: Pick<GoalProcess, 'args2_6'>): number {
  return (args2_6.net as { readonly port: number }).port
}

/** An address at which the process listens, in the words of its configuration. */
export function listenerOf({ args2_6 }: GoalProcess): string {
  const { bindIp } = args2_6.net as { readonly bindIp?: string }
  const first = bindIp
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => !name.startsWith('/'))
  if (first === undefined || ['localhost', '0.0.0.0', '*'].includes(first)) return '127.0.0.1'
  return first === '::' ? '::1' : first
}

/** Where the data of a process are; a mongos has none. */
export function dbPathOf({ args2_6 }: Pick<GoalProcess, 'args2_6'>): string | undefined {
  return (args2_6.storage as { readonly dbPath?: string } | undefined)?.dbPath
}

/** The replica set that a process says it belongs to. */
export function setNameOf({ args2_6 }: Pick<GoalProcess, 'args2_6'>): string | undefined {
  return (args2_6.replication as { readonly replSetName?: string } | undefined)?.replSetName
}

/** How far a process has come, as its agent says. */
export interface ProcessStatus {
  readonly name: string
  readonly hostname: string
  /** The last version of the document that it reached wholly; 0: none yet. */
  readonly lastGoalVersionAchieved: number
  /** What is left to do. */
  readonly plan: readonly string[]
  /** 0 while nothing is wrong. */
  readonly errorCode: number
  readonly errorString: string
}
