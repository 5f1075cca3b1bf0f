import { createHash, randomBytes } from 'node:crypto'
import type { Agent, OutgoingHttpHeaders } from 'node:http'
import { request as send } from 'node:http'

/** A public key, or the name of a user, with the private key. */
export interface Credentials {
  readonly publicKey: string
  readonly privateKey: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly bytes: Buffer
  /** The body read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  readonly json: any
}

export interface Sent {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
  readonly agent?: Agent
}

/** Sends one request as it is given. */
export function sendRequest(
  url: string,
  { method = 'GET', headers, body, agent }: Sent,
): Promise<Reply> {
  const { hostname, port } = new URL(url)
  // What stands behind the host is sent as it is, without being made a proper URL.
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2))
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, path, method, headers, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const text = bytes.toString()
        const { statusCode: status = 0, headers } = response
        resolve({
          status,
          headers,
          text,
          bytes,
          get json() {
            return JSON.parse(text)
          },
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** A challenge, as far as it is needed. */
export interface Challenge {
  readonly nonce: string
  readonly realm: string
  readonly algorithm: string
  readonly stale: string
}

/** The first challenge of an answer. */
export function challengeIn({ headers }: Reply): Challenge {
  const header = [headers['www-authenticate']].flat()[0] ?? ''
  const pairs = [...header.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name, value]) => [name, value])
  return Object.fromEntries(pairs) as Challenge
}

/** What is said to a challenge; `nc` is sent and hashed as it is given. */
export function authorization(
  { publicKey, privateKey }: Credentials,
  { nonce, realm, algorithm }: Challenge,
  method: string,
  uri: string,
  nc = '00000001',
): string {
  const name = algorithm === 'SHA-256' ? 'sha256' : 'md5'
  const hash = (text: string) => createHash(name).update(text).digest('hex')
  const cnonce = randomBytes(4).toString('hex')
  const ha1 = hash(`${publicKey}:${realm}:${privateKey}`)
  const parts = [ha1, nonce, nc, cnonce, 'auth', hash(`${method}:${uri}`)]
  const fields = [
    `username="${publicKey}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `algorithm=${algorithm}`,
    'qop=auth',
    `nc=${nc}`,
    `cnonce="${cnonce}"`,
    `response="${hash(parts.join(':'))}"`,
  ]
  return `Digest ${fields.join(', ')}`
}

/** A client that keeps a nonce and counts up, as most do, until it is told to take another. */
export function digestClient(credentials: Credentials, agent?: Agent) {
  let challenge: Challenge | undefined
  let uses = 0

  return async (url: string, sent: Sent = {}): Promise<Reply> => {
    const uri = url.slice(url.indexOf('/', url.indexOf('//') + 2))
    const { method = 'GET' } = sent
    const answer = (known: Challenge) => {
      uses++
      const nc = uses.toString(16).padStart(8, '0')
      const header = authorization(credentials, known, method, uri, nc)
      return sendRequest(url, {
        agent,
        ...sent,
        headers: { ...sent.headers, authorization: header },
      })
    }
    if (challenge) {
      const reply = await answer(challenge)
      if (reply.status !== 401 || challengeIn(reply).stale !== 'true') return reply
      challenge = challengeIn(reply)
    } else {
      challenge = challengeIn(await sendRequest(url, { agent, ...sent }))
    }
    uses = 0
    return answer(challenge)
  }
}
