import { decodeValue, type RawValue, typeAlias } from '@gantry/bson'
import {
  createCredential,
  createDigestedCredential,
  type Mechanism,
  mechanisms,
} from '../auth/credential.js'
import type { StoredUser } from '../auth/login.js'
import { CommandError } from '../errors.js'

/** The mechanisms in an argument; all of them without it. */
export function readMechanisms(values: readonly RawValue[] | undefined): readonly Mechanism[] {
  if (!values) return mechanisms
  if (values.length === 0) throw new CommandError('BadValue', 'mechanisms field must not be empty')
  return values.map(({ buf, type, at }) => {
    const name = decodeValue(buf, type, at)
    const mechanism = mechanisms.find((one) => one === name)
    if (mechanism) return mechanism
    throw new CommandError(
      'BadValue',
      `Unknown auth mechanism '${typeof name === 'string' ? name : typeAlias(type)}'`,
    )
  })
}

/**
 * Credentials of a new password for each mechanism. `digested`: the client sends the digest
 * that SCRAM-SHA-1 works with in its place, from which nothing else can be made.
 */
export async function createCredentials(
  user: string,
  password: string,
  wanted: readonly Mechanism[],
  digested: boolean,
): Promise<StoredUser['credentials']> {
  if (password === '') throw new CommandError(50687, 'Password cannot be empty')
  if (digested && wanted.includes('SCRAM-SHA-256')) {
    throw new CommandError('BadValue', 'Use of SCRAM-SHA-256 requires undigested passwords')
  }
  const made = await Promise.all(
    wanted.map(async (mechanism) => [
      mechanism,
      await (digested
        ? createDigestedCredential(password)
        : createCredential(mechanism, user, password)),
    ]),
  )
  return Object.fromEntries(made)
}
