import { readFileSync } from 'node:fs'
import { AppError } from '../../errors.js'
import type { RedisAddress, RedisLogin } from './connection.js'

/** Where an attached Redis is, and how to sign in there. */
export interface RedisUri {
  readonly addresses: readonly RedisAddress[]
  readonly login: RedisLogin
  /** What the Sentinels at the addresses call the primary; undefined: the addresses are of servers. */
  readonly sentinelOf: string | undefined
}

const FORMS =
  'redis://[USER]:PASSWORD@HOST:PORT, rediss:// for TLS, several hosts with commas between for a cluster, or redis+sentinel://[USER]:PASSWORD@HOST:PORT,…/NAME'

/**
 * Reads a URI: `redis://` or, with TLS, `rediss://`, with one host or several of a cluster, or
 * `redis+sentinel://…/NAME` and `rediss+sentinel://` with those of Sentinels. With TLS
 * `?tlsCAFile=FILE` names certificates to trust, and `?tlsInsecure=true` trusts any.
 */
export function parseRedisUri(uri: string): RedisUri {
  const found =
    /^redis(s?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(uri)
  if (!found) throw invalid('it has another form')
  const [, tls, sentinel, credentials, hosts, path = '', query = ''] = found
  const options = new URLSearchParams(query)
  for (const name of options.keys()) {
    if (!['tlsCAFile', 'tlsInsecure'].includes(name)) throw invalid(`${name} is not known`)
    if (!tls) throw invalid(`${name} is of no use without TLS`)
  }
  if (sentinel && path === '') throw invalid('the name of the primary is missing behind the hosts')
  const [username, ...rest] = (credentials ?? '').split(':')
  const password = rest.join(':')
  return {
    addresses: hosts.split(',').map((host) => addressIn(host, sentinel ? 26_379 : 6379)),
    login: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(tls && { tls: tlsOf(options) }),
    },
    sentinelOf: sentinel ? decodeURIComponent(path) : undefined,
  }
}

function addressIn(text: string, usualPort: number): RedisAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw invalid('a host is malformed')
  return { host, port: port === undefined ? usualPort : Number(port) }
}

function tlsOf(options: URLSearchParams) {
  const file = options.get('tlsCAFile')
  const verify = options.get('tlsInsecure') !== 'true'
  if (file === null) return { verify }
  try {
    return { verify, ca: readFileSync(file, 'utf8') }
  } catch (error) {
    throw invalid(`tlsCAFile cannot be read: ${(error as Error).message}`)
  }
}

/** Without the URI, which holds a password. */
function invalid(why: string): AppError {
  return new AppError('invalid', `the URI of a Redis is not right: ${why}; it must be ${FORMS}`)
}
