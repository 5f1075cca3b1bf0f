import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type ApiKey, DIGEST_REALM } from '../../control/api-keys/api-keys.js'
import { type DigestAnswer, readAuthorization } from './authorization-header.js'
import type { Nonces } from './nonces.js'

export type DigestAlgorithm = 'MD5' | 'SHA-256'

/** What came of a request's credentials. */
export type Verdict =
  | { readonly key: ApiKey }
  /** `stale`: the same with a fresh nonce will do. */
  | { readonly key?: undefined; readonly stale: boolean }

export interface DigestOptions {
  readonly nonces: Nonces
  /** Those offered, the first one for clients that read only that. */
  readonly algorithms: readonly DigestAlgorithm[]
  /** The keys that a name may stand for. */
  readonly keysOf: (name: string) => readonly ApiKey[]
}

const hashNames = { MD5: 'md5', 'SHA-256': 'sha256' } as const
/** What is compared with when nobody has the name, so that this takes as long. */
const dummy = { MD5: randomBytes(16).toString('hex'), 'SHA-256': randomBytes(32).toString('hex') }

/** The lines of `WWW-Authenticate`: no directive but these, which is all that some clients can read. */
export function challenges({ nonces, algorithms }: DigestOptions, stale: boolean): string[] {
  return algorithms.map(
    (algorithm) =>
      `Digest realm="${DIGEST_REALM}", domain="", nonce="${nonces.create()}", algorithm=${algorithm}, qop="auth", stale=${stale}`,
  )
}

/** Checks an `Authorization` header against the request that it came with. */
export function verify(
  options: DigestOptions,
  header: string,
  request: { readonly method: string; readonly target: string },
): Verdict {
  const answer = readAuthorization(header)
  const algorithm = options.algorithms.find((name) => name === answer?.algorithm.toUpperCase())
  if (!answer || !algorithm || !fits(answer, request.target)) return { stale: false }
  const name = Buffer.from(answer.username, 'latin1').toString()
  const keys = options.keysOf(name)
  const secrets = keys.length > 0 ? keys.map((key) => ha1Of(key, algorithm)) : [dummy[algorithm]]
  const given = Buffer.from(answer.response.toLowerCase())
  const right = secrets.map((ha1) => {
    const wanted = Buffer.from(responseOf(ha1, answer, request.method, algorithm))
    return wanted.length === given.length && timingSafeEqual(wanted, given)
  })
  const key = keys[right.indexOf(true)]
  if (!key) return { stale: false }
  const standing = options.nonces.use(answer.nonce, Number.parseInt(answer.nc, 16))
  return standing === 'good' ? { key } : { stale: standing === 'stale' }
}

/** `response` as RFC 7616 has it for the quality of protection "auth". */
export function responseOf(
  ha1: string,
  { nonce, nc, cnonce, qop, uri }: DigestAnswer,
  method: string,
  algorithm: DigestAlgorithm,
): string {
  const hash = (text: string) =>
    createHash(hashNames[algorithm]).update(text, 'latin1').digest('hex')
  return hash([ha1, nonce, nc, cnonce, qop, hash(`${method}:${uri}`)].join(':'))
}

function fits({ realm, qop, uri, nc }: DigestAnswer, target: string): boolean {
  const isCount = /^[0-9a-f]{1,8}$/i.test(nc) && Number.parseInt(nc, 16) > 0
  return realm === DIGEST_REALM && qop === 'auth' && uri === target && isCount
}

function ha1Of({ ha1Md5, ha1Sha256 }: ApiKey, algorithm: DigestAlgorithm): string {
  return algorithm === 'MD5' ? ha1Md5 : ha1Sha256
}
