/**
 * Tokens hold no state: any server that has the key can tell whose a token is and until when.
 *
 * A token is three URL-safe base64 parts joined by points: a JSON string of 32 hexadecimal
 * digits, the moment of issue as big-endian seconds since 2011, and an HMAC-SHA1 of the two.
 * The digits are the account's id and eight that change with its password, so that a new
 * password ends all tokens.
 */
import { timingSafeEqual } from 'node:crypto'
import { AppError } from '../../errors.js'
import type { Account } from '../accounts/accounts.js'
import type { AccountDirectory } from '../accounts/directory.js'
import type { Secrets } from '../secrets.js'

export interface Tokens {
  issue(account: Account): string
  /** The account that a token is for. Rejects with `unauthenticated` when it is forged or has expired. */
  verify(token: string): Promise<Account>
}

export interface TokensOptions {
  readonly secrets: Secrets
  readonly accounts: AccountDirectory
  readonly lifetimeMs: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const PURPOSE = 'token'
const EPOCH_SECONDS = Date.UTC(2011, 0, 1) / 1000
const ID_DIGITS = 24
const MARK_DIGITS = 8

export function tokensOf({ secrets, accounts, lifetimeMs, now = Date.now }: TokensOptions): Tokens {
  const passwordMark = ({ passwordHash }: Account) =>
    secrets.lookupHash(passwordHash).slice(0, MARK_DIGITS)

  return {
    issue(account) {
      const subject = base64(Buffer.from(JSON.stringify(account.id + passwordMark(account))))
      const seconds = Buffer.alloc(4)
      seconds.writeUInt32BE(Math.floor(now() / 1000) - EPOCH_SECONDS)
      const signed = `${subject}.${base64(seconds)}`
      return `${signed}.${base64(secrets.sign(signed, PURPOSE))}`
    },
    async verify(token) {
      const read = readToken(token)
      if (!read || !isSame(read.signature, secrets.sign(read.signed, PURPOSE))) throw refusal()
      const { subject, issuedMs } = read
      if (now() - issuedMs >= lifetimeMs) throw new AppError('unauthenticated', 'token has expired')
      const account = await accounts.byId(subject.slice(0, ID_DIGITS))
      if (!account?.active || subject.slice(ID_DIGITS) !== passwordMark(account)) throw refusal()
      return account
    },
  }
}

function refusal(): AppError {
  return new AppError('unauthenticated', 'invalid token')
}

interface Read {
  readonly subject: string
  readonly issuedMs: number
  readonly signed: string
  readonly signature: Buffer
}

const FORM = /^([\w-]+)\.([\w-]{6})\.([\w-]{27})$/

function readToken(token: string): Read | undefined {
  const [, subjectPart, timePart, signaturePart] = FORM.exec(token) ?? []
  if (signaturePart === undefined) return undefined
  const subject = /^"([0-9a-f]{32})"$/.exec(bytes(subjectPart).toString())?.[1]
  if (subject === undefined) return undefined
  return {
    subject,
    issuedMs: (bytes(timePart).readUInt32BE() + EPOCH_SECONDS) * 1000,
    signed: `${subjectPart}.${timePart}`,
    signature: bytes(signaturePart),
  }
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function base64(data: Buffer): string {
  return data.toString('base64url')
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}
