import {
  Binary,
  BsonType,
  decodeValue,
  type RawValue,
  readString,
  type Writable,
} from '@gantry/bson'
import { logIn, logOut } from '../auth/authentication.js'
import { type Login, type LoginRequest, startLogin, supportedMechanisms } from '../auth/login.js'
import { authenticationFailed, readClientFirst, type ScramReply } from '../auth/scram.js'
import { CommandError } from '../errors.js'
import { loginCounts } from '../observe/counters.js'
import type { Session } from '../session.js'
import { arg, optional, withDefault } from './args.js'
import type { CommandContext } from './command.js'
import { readDocument } from './read-args.js'

type LoginContext = Pick<CommandContext, 'session' | 'users' | 'observer'>

/** The logins that began within the handshake, for counting them apart. */
const speculativeLogins = new WeakSet<Login>()

/** What `saslStart` takes; the handshake may carry the same as `speculativeAuthenticate`. */
export const saslStartArgs = {
  saslStart: arg.any,
  mechanism: arg.string,
  payload: arg.any,
  options: optional(arg.document),
  autoAuthorize: optional(arg.any),
} as const

/** Opens a login on the session, in place of one that may be under way. */
export async function beginLogin(
  { session, users, observer }: LoginContext,
  request: LoginRequest,
  speculative = false,
): Promise<Record<string, Writable>> {
  const { authentication } = session
  authentication.login = undefined
  const { findUser } = await users.current()
  const conversationId = authentication.conversations + 1
  const login = startLogin(request, { findUser, secret: users.secret, conversationId })
  authentication.conversations = conversationId
  authentication.login = login
  const counts = loginCounts(observer.counters, login.mechanism)
  counts.all.received++
  if (speculative) {
    speculativeLogins.add(login)
    counts.speculative.received++
  }
  return saslReply(conversationId, login.first)
}

/** Takes the client's next message of the login under way; after the last the user is logged in. */
export async function continueLogin(
  context: LoginContext,
  conversationId: number,
  payload: string,
): Promise<Record<string, Writable>> {
  const { login } = context.session.authentication
  if (!login) throw new CommandError('ProtocolError', 'No SASL session state found')
  if (login.conversationId !== conversationId) {
    throw new CommandError('ProtocolError', 'sasl: Mismatched conversation id')
  }
  try {
    const reply = await step(context, login, payload)
    if (reply.done) reportLogin(context, login, undefined)
    return saslReply(conversationId, reply)
  } catch (error) {
    reportLogin(context, login, error)
    throw error
  }
}

async function step(
  { session, users }: LoginContext,
  login: Login,
  payload: string,
): Promise<ScramReply> {
  const { authentication } = session
  authentication.login = undefined
  const reply = login.step(payload)
  if (!reply.done) {
    authentication.login = login
    return reply
  }
  const directory = await users.current()
  const user = directory.findUser(login.user, login.db)
  if (!user || !directory.admits(user, endpointsOf(session))) throw authenticationFailed()
  logOut(authentication)
  logIn(authentication, user, directory)
  return reply
}

function reportLogin({ session, observer }: LoginContext, login: Login, error: unknown): void {
  const { mechanism } = login
  const speculative = speculativeLogins.has(login)
  if (error === undefined) {
    const counts = loginCounts(observer.counters, mechanism)
    counts.all.successful++
    if (speculative) counts.speculative.successful++
  }
  observer.log.write({
    severity: 'I',
    component: 'ACCESS',
    id: error === undefined ? 5286306 : 5286307,
    context: `conn${session.id}`,
    message: error === undefined ? 'Successfully authenticated' : 'Failed to authenticate',
    attributes: {
      client: session.address,
      isSpeculative: speculative,
      mechanism,
      user: login.user,
      db: login.db,
      ...(error instanceof CommandError && { error: `${error.codeName}: ${error.message}` }),
    },
  })
}

/** Opens a login within the handshake; answers undefined when that fails, as the client may then try in the usual way. */
export async function speculativeLogin(
  context: LoginContext,
  document: RawValue,
): Promise<Record<string, Writable> | undefined> {
  try {
    const args = readDocument(
      'speculativeAuthenticate',
      { ...saslStartArgs, db: withDefault(arg.string, 'admin') },
      document,
    )
    const request = loginRequest(args.db, args)
    // The client goes on with what was begun here, though it is told of other mechanisms besides.
    if (await lacksMechanism(context, request)) return undefined
    return await beginLogin(context, request, true)
  } catch (error) {
    if (error instanceof CommandError) return undefined
    throw error
  }
}

async function lacksMechanism({ users }: LoginContext, { db, mechanism, payload }: LoginRequest) {
  const { findUser } = await users.current()
  const user = findUser(readClientFirst(payload).user, db)
  return !supportedMechanisms(user).some((name) => name === mechanism)
}

export function loginRequest(
  db: string,
  args: { mechanism: string; payload: RawValue; options: RawValue | undefined },
): LoginRequest {
  const { mechanism, payload, options } = args
  const { skipEmptyExchange = false } = options
    ? readDocument('options', { skipEmptyExchange: optional(arg.bool) }, options)
    : {}
  return { db, mechanism, payload: readPayload(payload), skipEmptyExchange }
}

/** The mechanisms that a user named as `database.user` can log in with. */
export async function supportedMechanismsOf(
  { users }: LoginContext,
  name: string,
): Promise<string[]> {
  const dot = name.indexOf('.')
  if (dot === -1) {
    throw new CommandError('BadValue', `UserName must contain a '.' separated database.user pair`)
  }
  const { findUser } = await users.current()
  return supportedMechanisms(findUser(name.slice(dot + 1), name.slice(0, dot)))
}

/** A message of the client: bytes, or base64 as very old clients have it. */
export function readPayload(payload: RawValue): string {
  if (payload.type === BsonType.string) {
    return Buffer.from(readString(payload.buf, payload.at), 'base64').toString()
  }
  const value = decodeValue(payload.buf, payload.type, payload.at)
  if (!(value instanceof Binary)) throw authenticationFailed()
  return value.bytes.toString()
}

function saslReply(
  conversationId: number,
  { payload, done }: ScramReply,
): Record<string, Writable> {
  return { conversationId, done, payload: new Binary(Buffer.from(payload)) }
}

function endpointsOf({ address, serverAddress }: Session) {
  return { client: hostOf(address), server: hostOf(serverAddress) }
}

function hostOf(address: string | undefined): string | undefined {
  return address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
