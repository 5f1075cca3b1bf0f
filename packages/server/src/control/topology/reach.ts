/** How processes that are no instance's are reached: what somebody has said, or automation's document. */
import type { Secrets } from '../secrets.js'
import type { Reach } from './host-connections.js'
import { HOST_PASSWORD, type HostRecord } from './host-record.js'

const mechanisms: { readonly [name: string]: string | undefined } = {
  MONGODB_CR: undefined,
  'SCRAM-SHA-1': 'SCRAM-SHA-1',
  'SCRAM-SHA-256': 'SCRAM-SHA-256',
  PLAIN: 'PLAIN',
  GSSAPI: 'GSSAPI',
  MONGODB_X509: 'MONGODB-X509',
}

const PATIENCE = ['serverSelectionTimeoutMS=2500', 'connectTimeoutMS=2500']

/** `host:port` as it stands in a URI. */
export function authorityOf(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

/** A MongoDB URI of its parts. */
export function uriOf(
  hosts: readonly string[],
  login: { readonly username?: string; readonly password?: string },
  options: readonly string[],
): string {
  const user = [login.username, login.password].filter((part) => part !== undefined)
  const prefix = user.length > 0 ? `${user.map(encodeURIComponent).join(':')}@` : ''
  return `mongodb://${prefix}${hosts.join(',')}/?${options.join('&')}`
}

/** To one process and no other, without waiting long. */
export const DIRECTLY = ['directConnection=true', ...PATIENCE]

export function reachOfRecord(record: HostRecord, secrets: Secrets): Reach {
  const { hostname, port, username, passwordSealed, authMechanismName, sslEnabled } = record
  const password = passwordSealed && secrets.open(passwordSealed, HOST_PASSWORD)
  const mechanism = mechanisms[authMechanismName]
  const options = [
    ...DIRECTLY,
    ...(mechanism ? [`authMechanism=${mechanism}`] : []),
    ...(sslEnabled ? ['tls=true'] : []),
  ]
  return { uri: uriOf([authorityOf(hostname, port)], { username, password }, options) }
}
