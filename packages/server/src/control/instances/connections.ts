import { type Address, reachable } from '../../binding.js'
import type { Servers } from '../shared/servers.js'
import { addressOf } from './address.js'
import type { Instance } from './instances.js'
import type { InstanceRegistry } from './registry.js'

/** Where the users of an instance connect to, from the moment that it is made. */
export interface Connection {
  /** At least one, each as `host:port`. */
  readonly hosts: readonly string[]
  /** The same over TLS, where the server offers that. */
  readonly tlsHosts: readonly string[] | undefined
  /** Where the nodes of an Elasticsearch talk to each other, where users may join in. */
  readonly transportHosts?: readonly string[]
  /** The replica set that drivers are to find there; undefined where they need not know it. */
  readonly setName: string | undefined
  /** What a service with one password for all asks for. */
  readonly password: string
}

export interface Connections {
  of(instance: Instance): Connection
}

/** What the embedded engine calls its replica set. */
const EMBEDDED_SET = 'gantry'

/** How far above its plain port an instance has the one for TLS. */
const TLS_OFFSET = 10_000
const LAST_PORT = 65_535

export function connectionsOf(
  registry: InstanceRegistry,
  servers: Pick<Servers, 'hostOf'>,
  { host, hasTls }: { readonly host: string; readonly hasTls: boolean },
): Connections {
  return {
    of(instance) {
      const { mode, port } = instance
      const { uri, password } = registry.spec(instance)
      const { ports } = registry.driver(instance)
      // Users connect to what they know anyway, unless the instance has ports of its own.
      if (ports.length === 0) return elsewhere(uri ?? '')
      const address = addressOf(registry, servers, instance) ?? { host: reachable(host), port }
      const at = (wanted: number) => [`${bracketed(address.host)}:${wanted}`]
      const tlsPort = address.port + TLS_OFFSET
      const transport = ports.find(({ name }) => name === 'transport')
      return {
        hosts: at(address.port),
        tlsHosts: hasTls && tlsPort <= LAST_PORT ? at(tlsPort) : undefined,
        ...(transport && { transportHosts: at(address.port + transport.offset) }),
        setName: mode === 'embedded' ? EMBEDDED_SET : undefined,
        password,
      }
    },
  }
}

const MONGODB_PORT = 27_017

/** The first of the places to connect to; MongoDB's own port when it says none. */
export function firstAddress({ hosts: [first] }: Connection): Address {
  const [, host = first, port] = /^(.*?)(?::(\d+))?$/.exec(first) ?? []
  return { host: host.replace(/^\[|\]$/g, ''), port: port ? Number(port) : MONGODB_PORT }
}

/** A URI taken apart. */
function elsewhere(uri: string): Connection {
  const [, login, hosts = ''] = /^[\w+]+:\/\/(?:([^/]*)@)?([^/?]*)/.exec(uri) ?? []
  const set = /[?&]replicaSet=([^&]+)/.exec(uri)?.[1]
  const setName = set === undefined ? undefined : decodeURIComponent(set)
  const password = decodeURIComponent(/:(.*)/.exec(login ?? '')?.[1] ?? '')
  return { hosts: hosts.split(','), tlsHosts: undefined, setName, password }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
