/**
 * Sends a notification over HTTP to an address that somebody else has chosen. Redirects are not
 * followed, answers are read up to a limit, and whether an address may be reached is asked of the
 * address that is then connected to, so that no name can lead elsewhere in between.
 */
import { lookup as resolveName } from 'node:dns'
import { request as sendPlain } from 'node:http'
import { request as sendSecure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Undelivered } from './undelivered.js'

export interface Post {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
  readonly signal: AbortSignal
  /** Says whether a server at this address may be asked. */
  readonly mayReach: (address: string) => boolean
  /** For everything, from the name to the last of the answer. Default: 15 s. */
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly body: string
}

const TIMEOUT_MS = 15_000
const MOST_ANSWERED = 64 * 1024
/** With these the recipient says that the same again would be of no use. */
const finalStatuses = [400, 401, 403, 410, 413, 422]
const LEAST_SUCCESS = 200
const LEAST_REDIRECT = 300
const LEAST_MISTAKE = 400

/** Resolves with an answer of success; rejects with an `Undelivered` otherwise. */
export async function post(options: Post): Promise<Answer> {
  const url = new URL(options.url)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 && !options.mayReach(host)) throw refused(host)
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const signal = AbortSignal.any([options.signal, timeout])
  const { status, body, retryAfter } = await exchange(url, { ...options, signal }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error instanceof Undelivered) throw error
      if (timeout.aborted) throw new Undelivered(`${url.host} has not answered in time`)
      throw new Undelivered(`${url.host} cannot be asked: ${error.code ?? error.message}`)
    },
  )
  if (status >= LEAST_SUCCESS && status < LEAST_REDIRECT) return { status, body }
  const isRedirect = status >= LEAST_REDIRECT && status < LEAST_MISTAKE
  const more = isRedirect ? ', and redirects are not followed' : ''
  throw new Undelivered(`${url.host} answered with status ${status}${more}`, {
    isFinal: isRedirect || finalStatuses.includes(status),
    pauseMs: retryAfter * 1000,
  })
}

interface Received extends Answer {
  /** Seconds; 0: not said. */
  readonly retryAfter: number
}

function exchange(url: URL, { headers, body, signal, mayReach }: Post): Promise<Received> {
  const send = url.protocol === 'https:' ? sendSecure : sendPlain
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { 'user-agent': 'Gantry', ...headers, 'content-length': bytes.length },
      signal,
      agent: false,
      lookup: lookupWithin(mayReach),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      const finish = () => {
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          retryAfter: secondsOf(response.headers['retry-after']),
        })
      }
      response.on('error', reject)
      response.on('end', finish)
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= MOST_ANSWERED) {
          chunks.push(chunk)
          return
        }
        // Whatever else it says is of no interest.
        finish()
        response.destroy()
      })
    })
    request.end(bytes)
  })
}

/** `Retry-After` as a number of seconds or a date; 0 when it says nothing of use. */
function secondsOf(text = ''): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return seconds > 0 ? seconds : 0
}

function lookupWithin(mayReach: Post['mayReach']): LookupFunction {
  return (name, options, callback) => {
    resolveName(name, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0)
      const allowed = found.filter(({ address }) => mayReach(address))
      if (allowed.length === 0) return callback(refused(name), '', 0)
      if (options.all) return callback(null, allowed)
      callback(null, allowed[0].address, allowed[0].family)
    })
  }
}

function refused(host: string): Undelivered {
  return new Undelivered(
    `${host} is not a public address, which is all that projects of this organization may reach (setting webhook-targets)`,
    { isFinal: true },
  )
}
