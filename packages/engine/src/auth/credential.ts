import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { CommandError } from '../errors.js'

export type Mechanism = 'SCRAM-SHA-1' | 'SCRAM-SHA-256'

/** In the order in which a client should prefer the last one. */
export const mechanisms: readonly Mechanism[] = ['SCRAM-SHA-1', 'SCRAM-SHA-256']

/** What is stored of a password, in the form of MongoDB's `system.users`; the strings are base64. */
export interface ScramCredential {
  readonly iterationCount: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

export interface MechanismParameters {
  readonly hash: 'sha1' | 'sha256'
  readonly keyLength: number
  readonly saltLength: number
  readonly iterationCount: number
}

/** MongoDB's own numbers; salts leave room for the block counter of the key derivation. */
export const mechanismParameters: Readonly<Record<Mechanism, MechanismParameters>> = {
  'SCRAM-SHA-1': { hash: 'sha1', keyLength: 20, saltLength: 16, iterationCount: 10_000 },
  'SCRAM-SHA-256': { hash: 'sha256', keyLength: 32, saltLength: 28, iterationCount: 15_000 },
}

const derive = promisify(pbkdf2)

/** A new credential with a random salt. The derivation runs in the thread pool. Throws `BadValue` for a password that cannot be prepared. */
export async function createCredential(
  mechanism: Mechanism,
  user: string,
  password: string,
): Promise<ScramCredential> {
  const { saltLength, iterationCount } = mechanismParameters[mechanism]
  const secret = await preparePassword(mechanism, user, password)
  return deriveCredential(mechanism, secret, randomBytes(saltLength), iterationCount)
}

/** Whether a credential is that of a password. */
export async function passwordFits(
  mechanism: Mechanism,
  user: string,
  password: string,
  { salt, iterationCount, storedKey, serverKey }: ScramCredential,
): Promise<boolean> {
  const secret = await preparePassword(mechanism, user, password)
  const own = await deriveCredential(mechanism, secret, Buffer.from(salt, 'base64'), iterationCount)
  return isEqual(own.storedKey, storedKey) && isEqual(own.serverKey, serverKey)
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** A new credential for SCRAM-SHA-1 from the digest that a client has made of the password. */
export function createDigestedCredential(digest: string): Promise<ScramCredential> {
  const { saltLength, iterationCount } = mechanismParameters['SCRAM-SHA-1']
  return deriveCredential('SCRAM-SHA-1', digest, randomBytes(saltLength), iterationCount)
}

/** The credential of a password that has been prepared as its mechanism wants it. */
export async function deriveCredential(
  mechanism: Mechanism,
  secret: string,
  salt: Buffer,
  iterationCount: number,
): Promise<ScramCredential> {
  const { hash, keyLength } = mechanismParameters[mechanism]
  const salted = await derive(secret, salt, iterationCount, keyLength, hash)
  const clientKey = createHmac(hash, salted).update('Client Key').digest()
  return {
    iterationCount,
    salt: salt.toString('base64'),
    storedKey: createHash(hash).update(clientKey).digest('base64'),
    serverKey: createHmac(hash, salted).update('Server Key').digest('base64'),
  }
}

async function preparePassword(mechanism: Mechanism, user: string, password: string) {
  if (mechanism === 'SCRAM-SHA-1') return passwordDigest(user, password)
  // Preparing leaves printable ASCII as it is; the tables for the rest are loaded when wanted.
  if (/^[\x20-\x7e]*$/.test(password)) return password
  const { saslprep } = await import('@mongodb-js/saslprep')
  try {
    return saslprep(password)
  } catch (cause) {
    throw new CommandError('BadValue', `Error preflighting password: ${(cause as Error).message}`)
  }
}

/** What MongoDB's clients send through SCRAM-SHA-1 in place of the password. */
export function passwordDigest(user: string, password: string): string {
  return createHash('md5').update(`${user}:mongo:${password}`).digest('hex')
}

/**
 * A credential for a user that there is not, which no password fits. Its salt is always the
 * same for one name, so that asking cannot tell who exists; `secret` must stay unknown.
 */
export function fakeCredential(
  mechanism: Mechanism,
  secret: Buffer,
  user: string,
  db: string,
): ScramCredential {
  const { saltLength, iterationCount, keyLength } = mechanismParameters[mechanism]
  const name = JSON.stringify([mechanism, db, user])
  const salt = createHmac('sha256', secret).update(name).digest().subarray(0, saltLength)
  return {
    iterationCount,
    salt: salt.toString('base64'),
    storedKey: randomBytes(keyLength).toString('base64'),
    serverKey: randomBytes(keyLength).toString('base64'),
  }
}
