/**
 * Users by the security API of the family, which differs in paths and bodies. Users made
 * through us carry their role in a field that the cluster keeps for us; others, the cluster's
 * own above all, are neither shown nor touched.
 */
import { AppError } from '../../errors.js'
import type { ElasticsearchClient, Json, JsonObject } from './connect.js'
import {
  byName,
  checkUsername,
  type ElasticsearchRole,
  type ElasticsearchUser,
  type ElasticsearchUsers,
  elasticsearchRoles,
} from './user.js'

/** Where a family has its users, and what makes one. */
interface SecurityApi {
  /** The collection of users; one is below it. */
  readonly path: string
  /** The field in which the cluster keeps what we say of a user. */
  readonly notes: 'metadata' | 'attributes'
  /** What gives a role its rights. */
  readonly rights: { readonly [Role in ElasticsearchRole]: JsonObject }
  /** Roles that must be there first, by path. */
  readonly roles: { readonly [path: string]: JsonObject }
}

const NOTE = 'gantry_role'
const READ_ONLY = 'gantry_readonly'

const readOnlyRole: JsonObject = {
  cluster: ['monitor'],
  indices: [{ names: ['*'], privileges: ['read', 'view_index_metadata', 'monitor'] }],
}

const openSearch: SecurityApi = {
  path: '/_plugins/_security/api/internalusers',
  notes: 'attributes',
  rights: {
    admin: { backend_roles: ['admin'], opendistro_security_roles: ['all_access'] },
    readonly: { backend_roles: [], opendistro_security_roles: ['readall_and_monitor'] },
  },
  roles: {},
}

/** Until version 7 the API was an extension's. */
function elasticsearch(major: number): SecurityApi {
  const base = major >= 7 ? '/_security' : '/_xpack/security'
  return {
    path: `${base}/user`,
    notes: 'metadata',
    rights: { admin: { roles: ['superuser'] }, readonly: { roles: [READ_ONLY] } },
    roles: { [`${base}/role/${READ_ONLY}`]: readOnlyRole },
  }
}

/** The users of a cluster by its own security; undefined where it has none, or it is off. */
export async function usersBySecurity(
  client: ElasticsearchClient,
): Promise<ElasticsearchUsers | undefined> {
  const { name, major } = await client.family()
  const api = name === 'opensearch' ? openSearch : elasticsearch(major)
  const isOn = name === 'opensearch' ? hasUsers(client, api) : hasFeature(client)
  return (await isOn) ? usersOf(client, api) : undefined
}

/** Without the security extension there is no such path. */
function hasUsers(client: ElasticsearchClient, { path }: SecurityApi): Promise<boolean> {
  return isAnswered(client, path, () => true)
}

function hasFeature(client: ElasticsearchClient): Promise<boolean> {
  return isAnswered(client, '/_xpack', ({ features }) => {
    const { security } = (features ?? {}) as { security?: { enabled?: unknown } }
    return security?.enabled === true
  })
}

async function isAnswered(
  client: ElasticsearchClient,
  path: string,
  judge: (answer: JsonObject) => boolean,
): Promise<boolean> {
  try {
    return judge(await client.request('GET', path))
  } catch (error) {
    const { kind } = error as AppError
    if (kind === 'invalid' || kind === 'not_found' || kind === 'unsupported') return false
    throw error
  }
}

function usersOf(client: ElasticsearchClient, api: SecurityApi): ElasticsearchUsers {
  const pathOf = (username: string) => `${api.path}/${encodeURIComponent(username)}`

  /** Undefined: nobody of this name, or nobody that was made through us. */
  async function find(username: string): Promise<ElasticsearchUser | undefined> {
    try {
      return ours(await client.request('GET', pathOf(username)), api)[0]
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not_found') return undefined
      throw error
    }
  }

  async function isForeign(username: string): Promise<boolean> {
    if (await find(username)) return false
    return username in (await client.request('GET', api.path))
  }

  return {
    list: async () => ours(await client.request('GET', api.path), api).sort(byName),
    async save({ username, role }, password) {
      checkUsername(username)
      if (await isForeign(username)) {
        throw new AppError('conflict', `username: "${username}" is a user of the cluster itself`)
      }
      for (const [path, body] of Object.entries(api.roles)) {
        await client.request('PUT', path, { body })
      }
      const body = { password, ...api.rights[role], [api.notes]: { [NOTE]: role } }
      await client.request('PUT', pathOf(username), { body })
    },
    async remove(username) {
      if (!(await find(username))) return false
      await client.request('DELETE', pathOf(username))
      return true
    },
  }
}

/** Those in an answer that names users who were made through us. */
function ours(answer: JsonObject, { notes }: SecurityApi): ElasticsearchUser[] {
  return Object.entries(answer).flatMap(([username, user]) => {
    const role = noteOf(user, notes)
    return role ? [{ username, role }] : []
  })
}

function noteOf(user: Json | undefined, notes: string): ElasticsearchRole | undefined {
  const note = (user as { [notes: string]: JsonObject | undefined } | null)?.[notes]?.[NOTE]
  return elasticsearchRoles.find((role) => role === note)
}
