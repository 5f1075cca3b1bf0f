/**
 * The server's side of SCRAM (RFC 5802, RFC 7677) without channel binding. All failures are
 * one error to the client, whether the user, the password or the message is wrong.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { CommandError } from '../errors.js'
import { type Mechanism, mechanismParameters, type ScramCredential } from './credential.js'

/** The client's opening message: who wants in, and what the conversation needs of it. */
export interface ClientFirst {
  readonly user: string
  readonly nonce: string
  /** The part that says that there is no channel binding. */
  readonly gs2Header: string
  /** The message without that part, which both sides sign. */
  readonly bare: string
}

export interface ScramReply {
  readonly payload: string
  readonly done: boolean
}

/** A login under way. `step` throws `AuthenticationFailed`, after which the conversation is over. */
export interface ScramConversation {
  /** The server's answer to the opening message. */
  readonly first: ScramReply
  /** True after the client has proved that it knows the password. */
  readonly proved: boolean
  step(payload: string): ScramReply
}

export function authenticationFailed(): CommandError {
  return new CommandError('AuthenticationFailed', 'Authentication failed.')
}

/** Reads the opening message; throws `AuthenticationFailed` when it is none or wants channel binding. */
export function readClientFirst(payload: string): ClientFirst {
  const match = /^([ny],(?:a=[^,]*)?,)(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(payload)
  if (!match) throw authenticationFailed()
  const [, gs2Header, bare, name, nonce] = match
  return { user: readName(name), nonce, gs2Header, bare }
}

function readName(text: string): string {
  if (text === '' || /=(?!2C|3D)/.test(text)) throw authenticationFailed()
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

interface ScramOptions {
  /** The client takes the proof of the server for the end, without an empty message behind it. */
  readonly skipEmptyExchange?: boolean
  /** What the server adds to the client's nonce; random unless given. */
  readonly nonce?: string
}

/** Starts a conversation over a stored credential, or a fake one for an unknown user. */
export function startScram(
  mechanism: Mechanism,
  client: ClientFirst,
  credential: ScramCredential,
  { skipEmptyExchange = false, nonce = randomBytes(24).toString('base64') }: ScramOptions = {},
): ScramConversation {
  const combined = client.nonce + nonce
  const first = `r=${combined},s=${credential.salt},i=${credential.iterationCount}`
  let proved = false
  let over = false
  return {
    first: { payload: first, done: false },
    get proved() {
      return proved
    },
    step(payload) {
      if (over) throw authenticationFailed()
      if (proved) {
        over = true
        if (payload !== '') throw authenticationFailed()
        return { payload: '', done: true }
      }
      over = true
      const { withoutProof, proof } = readClientFinal(payload, client, combined)
      const signed = `${client.bare},${first},${withoutProof}`
      checkProof(mechanism, credential, signed, proof)
      proved = true
      over = skipEmptyExchange
      const { hash } = mechanismParameters[mechanism]
      const signature = hmac(hash, Buffer.from(credential.serverKey, 'base64'), signed)
      return { payload: `v=${signature.toString('base64')}`, done: skipEmptyExchange }
    },
  }
}

function readClientFinal(payload: string, { gs2Header }: ClientFirst, nonce: string) {
  const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]+)$/s.exec(payload)
  if (!match) throw authenticationFailed()
  const [, withoutProof, binding, returned, proof] = match
  if (returned !== nonce || binding !== Buffer.from(gs2Header).toString('base64'))
    throw authenticationFailed()
  return { withoutProof, proof: Buffer.from(proof, 'base64') }
}

/** The proof is the client's key, hidden by a signature that only the stored key makes. */
function checkProof(
  mechanism: Mechanism,
  credential: ScramCredential,
  signed: string,
  proof: Buffer,
): void {
  const { hash, keyLength } = mechanismParameters[mechanism]
  const storedKey = Buffer.from(credential.storedKey, 'base64')
  if (proof.length !== keyLength || storedKey.length !== keyLength) throw authenticationFailed()
  const clientKey = hmac(hash, storedKey, signed)
  for (let i = 0; i < keyLength; i++) clientKey[i] ^= proof[i]
  const key = createHash(hash).update(clientKey).digest()
  if (!timingSafeEqual(key, storedKey)) throw authenticationFailed()
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}
