import type { JsonDocument, JsonValue } from './json.js'

// Type aliases throughout: unlike interfaces, they count as values of JSON.

/** What a server may leave out: an original one, and one of another version. */
type Maybe<T> = T | undefined

export type InstanceReply = {
  readonly name: string
  readonly zone: string
  readonly host?: string
  readonly plan: number
  readonly port?: number
  readonly size: number
}

export type DatabaseReply = {
  readonly name: string
  readonly stats: { readonly [counter: string]: Maybe<JsonValue> }
}

export type AclReply = {
  readonly cidr_mask: string
  readonly description: string
}

/** Bytes. */
export type SpaceSizes = {
  readonly total_size: number
  readonly index_size: number
  readonly data_size: number
  readonly file_size: number
}

export type SpaceReply = SpaceSizes & {
  readonly shards?: readonly (SpaceSizes & { readonly shard: string })[]
}

export type LogLine = {
  readonly msg: string
  readonly level?: string
  readonly time?: JsonValue
  readonly [field: string]: Maybe<JsonValue>
}

/** One entry of `inprog`; only `op`, `ns` and `query` are in every one. */
export type OperationReply = {
  readonly op: string
  readonly ns: string
  readonly query?: JsonValue
  readonly opid?: JsonValue
  readonly secs_running?: number
  readonly microsecs_running?: number | bigint
  readonly connectionId?: number
  readonly lockType?: string
  readonly client?: string
  readonly active?: boolean
  readonly [field: string]: Maybe<JsonValue>
}

/** What the calls resolve with of which more is known than what the contract says. */
export type Replies = {
  readonly addDocument: JsonDocument
  readonly getInstance: InstanceReply
  readonly listDatabases: readonly DatabaseReply[]
  readonly addDatabase: string
  readonly listAcls: readonly AclReply[]
  readonly addAcl: string
  readonly deleteAcl: string
  readonly getSpaceUsage: SpaceReply
  readonly getLogs: { readonly [host: string]: readonly LogLine[] }
  readonly getServerStatus: JsonDocument
  readonly getServerStatusPlus: JsonDocument
  readonly getCurrentOperations: { readonly inprog: readonly OperationReply[] }
}
