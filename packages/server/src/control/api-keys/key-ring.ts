import { randomInt, randomUUID } from 'node:crypto'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { type RoleAssignment, rolesOutside } from '../roles/roles.js'
import { type ApiKey, apiKeys, digestHashes } from './api-keys.js'

const MOST_PER_ORG = 500
const LONGEST_DESCRIPTION = 250
const PUBLIC_KEY_LETTERS = 8

/** A key that has just been made, and its private half, which nobody will learn again. */
export interface NewKey {
  readonly key: ApiKey
  readonly privateKey: string
}

export interface KeyOptions {
  readonly description: string
  readonly roles: readonly RoleAssignment[]
  /** Who makes it. */
  readonly account: string
  readonly org: string
}

/** The keys of the Public API. */
export interface KeyRing {
  get(id: string): ApiKey | undefined
  /** The keys that a name in Digest may stand for: one public key, or all that a user has. */
  byName(name: string): readonly ApiKey[]
  /** Programmatic keys, the oldest first. */
  ofOrg(org: string): readonly ApiKey[]
  /** Personal keys, the oldest first. */
  ofUser(user: string): readonly ApiKey[]
  /** Rejects when description or roles are none, or the organisation has too many. */
  create(options: KeyOptions): Promise<NewKey>
  /** Makes a key that has the roles of its user. */
  createPersonal(
    user: { readonly id: string; readonly username: string },
    description: string,
  ): Promise<NewKey>
  update(
    key: ApiKey,
    changes: Partial<Pick<ApiKey, 'description' | 'roles' | 'org'>>,
  ): Promise<ApiKey>
  remove(key: ApiKey): Promise<void>
  /** Takes all roles in a project or an organisation from all keys, as it is gone. */
  forget(scope: string): Promise<void>
  /** Puts keys that belong to no organisation yet, as that of the first start, into that of their account. */
  settle(orgOf: (account: string) => string | undefined): Promise<void>
}

export async function openKeyRing(keeping: Keeping): Promise<KeyRing> {
  const records: Records<ApiKey> = await openRecords(keeping, apiKeys)
  const ofOrg = (org: string) => records.all().filter((key) => key.org === org)

  async function store(name: string | undefined, facts: Omit<KeyFacts, 'publicKey'>) {
    checkDescription(facts.description)
    for (;;) {
      const publicKey = publicKeyOf()
      const privateKey = randomUUID()
      const id = new ObjectId().toHexString()
      const hashes = digestHashes(name ?? publicKey, privateKey)
      const key: ApiKey = { id, publicKey, ...hashes, ...facts, createdMs: Date.now() }
      try {
        await records.insert(key)
        return { key, privateKey }
      } catch (error) {
        // The public key is taken, which happens once in two hundred thousand million.
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
      }
    }
  }

  return {
    get: records.get,
    byName: (name) =>
      records.all().filter(({ publicKey, username }) => (username ?? publicKey) === name),
    ofOrg,
    ofUser: (user) =>
      records.all().filter((key) => key.username !== undefined && key.account === user),
    async create(options) {
      checkRoles(options.roles)
      if (ofOrg(options.org).length >= MOST_PER_ORG) {
        throw refusal('MAX_API_KEYS_PER_ORG_EXCEEDED', String(MOST_PER_ORG))
      }
      return store(undefined, options)
    },
    createPersonal: ({ id, username }, description) =>
      store(username, { username, description, account: id, roles: [] }),
    async update(key, changes) {
      if (changes.description !== undefined) checkDescription(changes.description)
      const changed = { ...(records.get(key.id) ?? key), ...changes }
      await records.save(changed)
      return changed
    },
    async remove({ id }) {
      await records.delete(id)
    },
    async forget(scope) {
      for (const key of records.all()) {
        const roles = rolesOutside(key.roles, scope)
        if (roles.length < key.roles.length) await records.save({ ...key, roles })
      }
    },
    async settle(orgOf) {
      for (const key of records.all()) {
        const org = key.org ?? (key.username === undefined ? orgOf(key.account) : undefined)
        if (org !== key.org) await records.save({ ...key, org })
      }
    },
  }
}

type KeyFacts = Pick<ApiKey, 'publicKey' | 'username' | 'description' | 'account' | 'roles' | 'org'>

/** Throws unless there is a role. */
export function checkRoles(roles: readonly unknown[]): void {
  if (roles.length === 0) throw refusal('MISSING_API_KEY_ROLES')
}

function checkDescription(text: string): void {
  if (text === '' || text.length > LONGEST_DESCRIPTION) throw refusal('INVALID_API_KEY_DESC')
}

/** Eight lower-case letters. */
export function publicKeyOf(): string {
  const letter = () => String.fromCharCode(97 + randomInt(26))
  return Array.from({ length: PUBLIC_KEY_LETTERS }, letter).join('')
}
