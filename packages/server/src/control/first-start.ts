/**
 * What the first start makes: one account, one MongoDB instance, one key of the Public API.
 *
 * A crash at any moment must neither lose a password that only the user has nor make
 * anything twice. So everything is decided first and kept in a pending file; then it is
 * saved under the ids of that file, which may be repeated; and the file goes last, when
 * `credentials.json` has been written.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ObjectId } from '@gantry/bson'
import { readFileIfThere, syncFolder, writePrivateFile } from '../data-dir/private-file.js'
import { ACCOUNT_DEFAULTS, accounts } from './accounts/accounts.js'
import { apiKeys, digestHashes } from './api-keys/api-keys.js'
import { API_KEY, DEFAULT_INSTANCE, instances, USER_PASSWORD } from './instances/instances.js'
import { hashPassword, type Secrets } from './secrets.js'
import { claimFirstStart } from './shared/first-claim.js'
import type { State } from './state.js'

/** What the user gets to know; the content of `credentials.json`. */
export interface Credentials {
  readonly url: string
  readonly tlsUrl?: string
  readonly login: string
  readonly password: string
  readonly uid: string
  readonly instance: string
  readonly apiKey: string
  /** A complete MongoDB URI of the instance; absent when no driver can reach it. */
  readonly connectString?: string
  readonly publicKey: string
  readonly privateKey: string
}

/** Where the server can be reached, which may change from start to start. */
export type Addresses = Pick<Credentials, 'url' | 'tlsUrl' | 'connectString'>

interface Pending {
  readonly login: string
  readonly password: string
  readonly uid: string
  readonly instance: string
  readonly instanceId: string
  readonly apiKey: string
  readonly user: string
  readonly userPassword: string
  readonly keyId: string
  readonly publicKey: string
  readonly privateKey: string
  readonly createdMs: number
}

const pendingPath = (dataDir: string) => join(dataDir, 'first-start.json')

/** Where the credentials of the first start stand. */
export const credentialsPath = (dataDir: string) => join(dataDir, 'credentials.json')

/**
 * Fills an empty state; does nothing when the state has an account and no first start was cut
 * off. `server` is the one that has the data directory: the instance is to run there.
 */
export async function firstStart(
  dataDir: string,
  state: State,
  secrets: Secrets,
  server: string,
): Promise<void> {
  let pending = await readPending(dataDir)
  if (!pending) {
    if (await state.find(accounts, {})) return
    if (!(await claimFirstStart(state, server))) return
    pending = decide()
    await writePrivateFile(pendingPath(dataDir), JSON.stringify(pending))
  }
  await saveAll(pending, state, secrets, server)
}

/**
 * Writes `credentials.json` after the first start, and keeps the addresses in it true at
 * later ones. Resolves with the credentials when they are new. A file that the user has
 * removed stays away: the passwords cannot be told again.
 */
export async function publishCredentials(
  dataDir: string,
  addresses: Addresses,
): Promise<Credentials | undefined> {
  const path = credentialsPath(dataDir)
  const pending = await readPending(dataDir)
  if (pending) {
    const { login, password, uid, instance, apiKey, publicKey, privateKey } = pending
    const known = { login, password, uid, instance, apiKey }
    const credentials = inOrder({ ...addresses, ...known, publicKey, privateKey })
    await writePrivateFile(path, format(credentials))
    await rm(pendingPath(dataDir))
    await syncFolder(dataDir)
    return credentials
  }
  const text = await readFileIfThere(path)
  if (text === undefined) return undefined
  const { url: _url, tlsUrl: _tlsUrl, connectString: _connectString, ...kept } = parse(text)
  const current = format(inOrder({ ...kept, ...addresses }))
  if (current !== text) await writePrivateFile(path, current)
  return undefined
}

async function readPending(dataDir: string): Promise<Pending | undefined> {
  const text = await readFileIfThere(pendingPath(dataDir))
  return text === undefined ? undefined : (JSON.parse(text) as Pending)
}

function decide(): Pending {
  return {
    login: 'admin@localhost',
    password: password(),
    uid: new ObjectId().toHexString(),
    instance: DEFAULT_INSTANCE,
    instanceId: new ObjectId().toHexString(),
    apiKey: randomBytes(16).toString('hex'),
    user: 'admin',
    userPassword: password(),
    keyId: new ObjectId().toHexString(),
    publicKey: letters('abcdefghijklmnopqrstuvwxyz', 8),
    privateKey: randomUUID(),
    createdMs: Date.now(),
  }
}

async function saveAll(
  pending: Pending,
  state: State,
  secrets: Secrets,
  home: string,
): Promise<void> {
  const { uid, login, createdMs, apiKey, publicKey, privateKey } = pending
  await state.save(instances, {
    id: pending.instanceId,
    account: uid,
    name: pending.instance,
    service: 'mongodb',
    mode: 'embedded',
    type: 'mongodb_replica_set',
    version: '3.0.5',
    zone: 'local',
    plan: 1,
    state: 'ACTIVE',
    settings: {},
    apiKeyHash: secrets.lookupHash(apiKey),
    apiKeySealed: secrets.seal(apiKey, API_KEY),
    user: pending.user,
    passwordSealed: secrets.seal(pending.userPassword, USER_PASSWORD),
    databases: [],
    port: 0,
    isFirst: true,
    home,
    createdMs,
  })
  await state.save(apiKeys, {
    id: pending.keyId,
    account: uid,
    publicKey,
    ...digestHashes(publicKey, privateKey),
    description: 'Made by the first start',
    roles: [{ roleName: 'GLOBAL_OWNER' }],
    createdMs,
  })
  const passwordHash = await hashPassword(pending.password)
  const names = { login, email: login, name: 'Administrator' }
  const rest = { ...ACCOUNT_DEFAULTS, isAdmin: true }
  // The account goes last: a state that has one is complete.
  await state.save(accounts, { ...rest, id: uid, ...names, passwordHash, createdMs })
}

function inOrder({ url, tlsUrl, connectString, publicKey, privateKey, ...rest }: Credentials) {
  return {
    url,
    ...(tlsUrl && { tlsUrl }),
    ...rest,
    ...(connectString && { connectString }),
    publicKey,
    privateKey,
  }
}

function parse(text: string): Credentials {
  return JSON.parse(text) as Credentials
}

function format(credentials: Credentials): string {
  return `${JSON.stringify(credentials, null, 2)}\n`
}

function password(): string {
  return letters('ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789', 24)
}

function letters(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
