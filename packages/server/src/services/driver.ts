/**
 * One driver per way to have an instance: *embedded* in this process, *managed* as a
 * process that we start, *attached* by URI. Control never asks which one it holds.
 *
 * - `start` is idempotent: the same folder and specification give the same instance back,
 *   with its data, after a crash too. When it rejects, nothing is left running.
 * - What not every service can do is an optional member, so that its absence says so.
 * - A driver opens no port but on loopback: users arrive at the gateway, which hands their
 *   sockets to `accept`. An attached service has no `accept`: its users connect to it.
 */
import type { Socket } from 'node:net'
import type { FileSink, FileSource } from '../backups/files.js'
import type { BackupContent, BackupOptions, RestoreOptions, RestoreReport } from './backup.js'
import type { Deployment } from './deployment.js'
import type { JsonObject } from './elasticsearch/connect.js'
import type { ElasticsearchUsers } from './elasticsearch/user.js'

export type Service = 'mongodb' | 'redis' | 'elasticsearch'
export type Mode = 'embedded' | 'managed' | 'attached'

/** Settings of an instance beyond its plan, by name. */
export type Settings = { readonly [name: string]: string | number | boolean }

/** What an instance is to be. */
export interface ServiceSpec {
  /** As the catalog names it, such as `mongodb_replica_set`. */
  readonly type: string
  /** The version that was asked for; a driver that has another one runs that. */
  readonly version: string
  /** Its size: gigabytes (of each shard) for MongoDB and Elasticsearch, megabytes for Redis. */
  readonly plan: number
  readonly settings: Settings
  /** Who may sign in with full rights; the driver sees to it that the service has this user. */
  readonly user: string
  readonly password: string
  /** Where an attached service is; it holds what is needed to sign in there. */
  readonly uri?: string
}

/** What `start` is given beside the specification of the instance. */
export interface Place {
  /** A folder for this instance alone; the driver makes it when it needs one. */
  readonly folder: string
  /** Where users reach the instance from outside; absent where they do not (yet). */
  readonly address?: { readonly host: string; readonly port: number }
}

/** Numbers that tell what a host of a service does and has done: `{ 'opcounters.insert': 12, … }`. */
export interface HostStatistics {
  /** `host:port`, as the service calls it. */
  readonly host: string
  readonly values: { readonly [name: string]: number }
}

/** The latest lines of a process's own log, oldest first. */
export interface HostLog {
  /** `host:port`, as the service calls it. */
  readonly host: string
  /** What the process is: `mongod`, `mongos`, `config`, `redis-server` … */
  readonly process: string
  readonly pid: number
  readonly lines: readonly string[]
}

/** A service that runs. `stop` ends it in order and keeps its data. */
export interface RunningService {
  /** Rejects with what is wrong when the service does not answer. */
  health(): Promise<void>
  stop(): Promise<void>
  /**
   * Serves a client on a socket, plain or TLS, until either side closes it. `port` is the
   * name of the port at which it arrived (see `ServiceDriver.ports`).
   */
  accept?(socket: Socket, peer: Peer, port: string): DriverConnection
  statistics?(): Promise<readonly HostStatistics[]>
  /** At most so many lines of each process. */
  logs?(count: number): Promise<readonly HostLog[]>
  /** Writes a copy of everything into files, and says what they hold and how consistent they are. */
  backup?(files: FileSink, options: BackupOptions): Promise<BackupContent>
  /** Replaces everything by what `backup` wrote; cut off on the way, it may be done again. */
  restore?(files: FileSource, options: RestoreOptions): Promise<RestoreReport>
  /** Takes a new plan or new settings while it runs. */
  resize?(spec: ServiceSpec): Promise<void>
  /** Bytes that count towards the plan. */
  usedBytes?(): Promise<number>
  /**
   * Refuses what would make the data grow, with this reason, until called with undefined;
   * reading and deleting go on.
   */
  refuseGrowth?(reason: string | undefined): void
}

/** Where a driver of a user connects from, whatever stands between. */
export interface Peer {
  /** An IP address without brackets. */
  readonly host: string
  readonly port: number
}

/** A driver of a user, while it is connected. */
export interface DriverConnection {
  /** Answers the command under way and then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
  readonly closed: Promise<void>
}

export interface RunningMongodb extends RunningService {
  /** Closed by `stop`. */
  readonly deployment: Deployment
  /** Asks one member of the cluster only, named as the cluster names it, `host:port`; closed by `stop`. */
  member(host: string): Promise<Deployment>
  /** Bytes that the files take, with what is free in them; absent where they are out of reach. */
  fileSize?(): Promise<number>
  /**
   * Adds a replica set that runs, `SET/host:port,…`, to a sharded cluster; absent where the
   * cluster stays as it was made.
   */
  addShard?(shard: string): Promise<void>
}

/** Nodes that hold data, and those that are on their way to it. */
export interface DataNodes {
  readonly active: readonly JsonObject[]
  /** Ids of nodes that were asked for and are not there yet. */
  readonly builds: readonly string[]
}

/** What is read of a cluster is in the form and with the names of its version. */
export interface RunningElasticsearch extends RunningService {
  clusterStats(): Promise<JsonObject>
  nodesStats(): Promise<JsonObject>
  indicesStats(): Promise<JsonObject>
  dataNodes(): Promise<DataNodes>
  /** Begins to add a node that holds data; absent where the nodes are not ours. Resolves with the id of the build. */
  addDataNode?(): Promise<string>
  readonly users: ElasticsearchUsers
}

/** A server of a Redis service, as it tells of itself. */
export interface RedisNodeStatus {
  /** `host:port`. */
  readonly host: string
  readonly isPrimary: boolean
  /** What `INFO` says: fields by section, both in lower case. */
  readonly info: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** A command that took long. */
export interface SlowCommand {
  readonly id: number
  readonly atMs: number
  readonly micros: number
  /** The command and its arguments, long ones cut short by Redis. */
  readonly command: readonly string[]
  /** `host:port` of the client, and what it calls itself. */
  readonly client: string
  readonly clientName: string
}

export interface RunningRedis extends RunningService {
  /** All servers that answer. */
  nodes(): Promise<readonly RedisNodeStatus[]>
  /** What a primary says to `CONFIG GET`; undefined where it knows no such setting or does not tell. */
  setting(name: string): Promise<string | undefined>
  /** At most so many of each primary, newest first. */
  slowLog(count: number): Promise<readonly SlowCommand[]>
}

/** What a service has beside what all have. */
export interface RunningOf {
  readonly mongodb: RunningMongodb
  readonly redis: RunningRedis
  readonly elasticsearch: RunningElasticsearch
}

/** A port at which the users of an instance arrive, so far above its first one. */
export interface ServicePort {
  readonly name: string
  readonly offset: number
  /** Over TLS; there is none while the server has no certificate. */
  readonly tls: boolean
}

/** What an instance has unless its driver says otherwise. */
export const PLAIN_AND_TLS: readonly ServicePort[] = [
  { name: 'plain', offset: 0, tls: false },
  { name: 'tls', offset: 10_000, tls: true },
]

export interface ServiceDriver<Running extends RunningService = RunningService> {
  readonly service: Service
  readonly mode: Mode
  /** The first is the plain one; none where users connect to the service itself. */
  readonly ports: readonly ServicePort[]
  /**
   * Rejects with `unavailable` or `invalid` when there can be no such instance here, naming
   * what is missing and how to get it. Changes nothing. Missing: it always can.
   */
  check?(spec: ServiceSpec): Promise<void>
  start(spec: ServiceSpec, place: Place): Promise<Running>
  /** Takes away what the driver keeps outside of the instance's folder; the service is stopped. */
  destroy?(place: Place): Promise<void>
}
