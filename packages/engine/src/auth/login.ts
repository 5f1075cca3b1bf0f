import { CommandError } from '../errors.js'
import { fakeCredential, type Mechanism, mechanisms, type ScramCredential } from './credential.js'
import { readClientFirst, type ScramReply, startScram } from './scram.js'

/** A user by name, with what has been stored of the password for each mechanism. */
export interface StoredUser {
  readonly user: string
  readonly db: string
  readonly credentials: Readonly<Partial<Record<Mechanism, ScramCredential>>>
}

/** A user's login under way on one connection. */
export interface Login {
  readonly mechanism: Mechanism
  readonly user: string
  readonly db: string
  readonly conversationId: number
  /** The server's answer to the opening message. */
  readonly first: ScramReply
  /** Answers the client's next message; when that is the last, the user is who the client says. Throws `AuthenticationFailed`. */
  step(payload: string): ScramReply
}

export interface LoginRequest {
  readonly db: string
  readonly mechanism: string
  readonly payload: string
  readonly skipEmptyExchange?: boolean
}

/** What a login needs of the server. */
export interface LoginContext {
  /** The stored user, or undefined, which the client does not get to see. */
  findUser(user: string, db: string): StoredUser | undefined
  /** Random bytes that stay the same over restarts and that nobody else knows. */
  readonly secret: Buffer
  /** Counts up on the connection. */
  readonly conversationId: number
}

/** Starts a login. A user that does not exist, or not with this mechanism, fails only at the proof. */
export function startLogin(request: LoginRequest, context: LoginContext): Login {
  const { db, payload, skipEmptyExchange } = request
  const mechanism = knownMechanism(request.mechanism)
  const client = readClientFirst(payload)
  const { user } = client
  const credential =
    context.findUser(user, db)?.credentials[mechanism] ??
    fakeCredential(mechanism, context.secret, user, db)
  const conversation = startScram(mechanism, client, credential, { skipEmptyExchange })
  return {
    mechanism,
    user,
    db,
    conversationId: context.conversationId,
    first: conversation.first,
    step: conversation.step,
  }
}

function knownMechanism(name: string): Mechanism {
  const mechanism = mechanisms.find((one) => one === name)
  if (!mechanism)
    throw new CommandError(
      'MechanismUnavailable',
      `Received authentication for mechanism ${name} which is not enabled`,
    )
  return mechanism
}

/**
 * The mechanisms that a user can log in with, for `saslSupportedMechs`; all of them for a
 * user that does not exist, so that asking cannot tell.
 */
export function supportedMechanisms(user: StoredUser | undefined): Mechanism[] {
  return mechanisms.filter((mechanism) => !user || user.credentials[mechanism] !== undefined)
}
