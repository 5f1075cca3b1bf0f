import type { Audit } from '../event-types.js'
import type { Field, Fields } from './fields.js'

export type PublicMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Roles in a project, the mightiest first; each implies the last, and the first implies all. */
export const groupRoles = [
  'GROUP_OWNER',
  'GROUP_AUTOMATION_ADMIN',
  'GROUP_BACKUP_ADMIN',
  'GROUP_MONITORING_ADMIN',
  'GROUP_USER_ADMIN',
  'GROUP_DATA_ACCESS_ADMIN',
  'GROUP_DATA_ACCESS_READ_WRITE',
  'GROUP_DATA_ACCESS_READ_ONLY',
  'GROUP_READ_ONLY',
] as const

export const orgRoles = [
  'ORG_OWNER',
  'ORG_GROUP_CREATOR',
  'ORG_BILLING_ADMIN',
  'ORG_BILLING_READ_ONLY',
  'ORG_READ_ONLY',
  'ORG_MEMBER',
] as const

export const globalRoles = [
  'GLOBAL_OWNER',
  'GLOBAL_AUTOMATION_ADMIN',
  'GLOBAL_BACKUP_ADMIN',
  'GLOBAL_MONITORING_ADMIN',
  'GLOBAL_USER_ADMIN',
  'GLOBAL_READ_ONLY',
] as const

export type GroupRole = (typeof groupRoles)[number]
export type OrgRole = (typeof orgRoles)[number]
export type GlobalRole = (typeof globalRoles)[number]

/** Who may call. `refusal` is the error code of 401 when the role is missing. */
export type PublicAccess =
  /** Everybody, without credentials. */
  | { readonly scope: 'everybody' }
  /** Whoever has a key. */
  | { readonly scope: 'caller' }
  /** Any of these roles everywhere; GLOBAL_OWNER always. */
  | { readonly scope: 'global'; readonly roles: readonly GlobalRole[]; readonly refusal?: string }
  /** Any of these roles in the organisation that the path names; ORG_OWNER always. */
  | { readonly scope: 'org'; readonly roles: readonly OrgRole[]; readonly refusal?: string }
  /** Any of these roles in the project that the path names; GROUP_OWNER always. */
  | { readonly scope: 'group'; readonly roles: readonly GroupRole[]; readonly refusal?: string }
  /** The handler decides; the text says how. */
  | { readonly scope: 'special'; readonly who: string }

export const everybody: PublicAccess = { scope: 'everybody' }
export const caller: PublicAccess = { scope: 'caller' }

/** Members of the project with any of these roles; any member when none is given. */
export function inGroup(...roles: readonly GroupRole[]): PublicAccess {
  return { scope: 'group', roles: roles.length === 0 ? ['GROUP_READ_ONLY'] : roles }
}

/** Members of the organisation with any of these roles; any member when none is given. */
export function inOrg(...roles: readonly OrgRole[]): PublicAccess {
  return { scope: 'org', roles: roles.length === 0 ? ['ORG_MEMBER'] : roles }
}

/** A parameter behind the question mark, beside `pretty`, `envelope` and those of lists. */
export interface QueryParameter {
  readonly type: 'string' | 'integer' | 'boolean' | 'date'
  readonly values?: readonly string[]
  /** May be given several times; the handler gets an array. */
  readonly many?: boolean
  readonly required?: boolean
}

/**
 * What a call answers: `entity` is one object with `links`, `document` one without, `list` a
 * list document, `array` a plain array, `nothing` `{}`, `bytes` a download.
 */
export type PublicReturns = 'entity' | 'document' | 'list' | 'array' | 'nothing' | 'bytes'

/** What all calls have. Everything that is checked before a handler runs stands here. */
interface AnyEndpoint {
  /** Behind `/api/public/v1.0`; segments in braces are parameters, whose ids are checked by name. */
  readonly path: string
  readonly summary: string
  readonly who: PublicAccess
  /** Refused to keys that have no access list. */
  readonly accessList?: boolean
  /**
   * Fields of the body, an object; `any`: it may have any, for the handler to check. With
   * neither this nor `items` a body is read and dropped.
   */
  readonly body?: Fields | 'any'
  /** What the body holds, which is an array. */
  readonly items?: Field
  readonly query?: { readonly [name: string]: QueryParameter }
  readonly returns: PublicReturns
  /** 201 for a POST that returns something, otherwise 200, unless it stands here. */
  readonly status?: number
  /** Error codes beside those that every call of its kind can answer. */
  readonly errors?: readonly string[]
  /** Linked from the entity above it with this query string; false: not linked. */
  readonly linked?: string | false
}

/** A call that reads. */
interface ReadingEndpoint extends AnyEndpoint {
  readonly method: 'GET'
  readonly audit?: Audit
}

/** A call that may change something, which has to say what the audit log is told of it. */
interface ChangingEndpoint extends AnyEndpoint {
  readonly method: Exclude<PublicMethod, 'GET'>
  readonly audit: Audit
}

/** One call of the Public API. */
export type PublicEndpoint = ReadingEndpoint | ChangingEndpoint

/** Keeps the exact type, from which handlers are typed. */
export function publicEndpoint<const E extends PublicEndpoint>(endpoint: E): E {
  return endpoint
}

/** Where the Public API begins. */
export const PUBLIC_PREFIX = '/api/public/v1.0'

/** Path parameters that are ids of 24 hexadecimal digits, with the error code for others. */
export const idParameters: { readonly [name: string]: string } = {
  groupId: 'INVALID_GROUP_ID',
  orgId: 'INVALID_ORG_ID',
  userId: 'INVALID_USER_ID',
  keyId: 'INVALID_KEY_ID',
  clusterId: 'INVALID_CLUSTER_ID',
  alertId: 'INVALID_ALERT_ID',
  alertConfigId: 'INVALID_ALERT_CONFIG_ID',
  snapshotId: 'INVALID_SNAPSHOT_ID',
  checkpointId: 'INVALID_CHECKPOINT_ID',
  jobId: 'INVALID_JOB_ID',
  windowId: 'INVALID_WINDOW_ID',
  logCollectionJobId: 'INVALID_LOG_COLLECTION_JOB_ID',
  teamId: 'INVALID_TEAM_ID',
  invitationId: 'INVALID_INVITATION_ID',
}
