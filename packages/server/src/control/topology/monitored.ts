import type { Deployment } from '../../services/deployment.js'
import { openRemote } from '../../services/mongodb/remote.js'
import type { Secrets } from '../secrets.js'
import { HOST_PASSWORD, type HostRecord } from './host-record.js'

/** Connections to hosts that are no instance's, kept while they are monitored. */
export interface MonitoredConnections {
  open(record: HostRecord): Promise<Deployment>
  /** Lets go of the connection to a host, so that the next one is made with what is known then. */
  drop(record: HostRecord): Promise<void>
  close(): Promise<void>
}

const mechanisms: { readonly [name: string]: string | undefined } = {
  MONGODB_CR: undefined,
  'SCRAM-SHA-1': 'SCRAM-SHA-1',
  'SCRAM-SHA-256': 'SCRAM-SHA-256',
  PLAIN: 'PLAIN',
  GSSAPI: 'GSSAPI',
  MONGODB_X509: 'MONGODB-X509',
}

const PATIENCE = 'serverSelectionTimeoutMS=2500&connectTimeoutMS=2500'

export function monitoredConnections(secrets: Secrets): MonitoredConnections {
  const open = new Map<string, Promise<Deployment>>()

  async function drop({ id }: Pick<HostRecord, 'id'>): Promise<void> {
    const known = open.get(id)
    open.delete(id)
    await (await known?.catch(() => undefined))?.close()
  }

  return {
    open(record) {
      const known = open.get(record.id)
      if (known !== undefined) return known
      const opened = openRemote(uriOf(record, secrets))
      open.set(record.id, opened)
      opened.catch(() => open.delete(record.id))
      return opened
    },
    drop,
    async close() {
      for (const id of open.keys()) await drop({ id })
    },
  }
}

function uriOf(record: HostRecord, secrets: Secrets): string {
  const { hostname, port, username, passwordSealed, authMechanismName, sslEnabled } = record
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const password = passwordSealed && secrets.open(passwordSealed, HOST_PASSWORD)
  const user = [username, password].filter((part) => part !== undefined).map(encodeURIComponent)
  const login = user.length > 0 ? `${user.join(':')}@` : ''
  const mechanism = mechanisms[authMechanismName]
  const options = [
    'directConnection=true',
    PATIENCE,
    ...(mechanism ? [`authMechanism=${mechanism}`] : []),
    ...(sslEnabled ? ['tls=true'] : []),
  ]
  return `mongodb://${login}${host}:${port}/?${options.join('&')}`
}
