import type { Control } from '../../control/control.js'
import type { Connection } from '../../control/instances/connections.js'
import type { Instance } from '../../control/instances/instances.js'
import { whole } from './values.js'

/** An instance as clients know it, complete in whichever state it is: they drop what lacks a field. */
export function presentInstance(instance: Instance, control: Control) {
  const { id, name, service, type, version, zone, plan, settings } = instance
  const { encrypted, storageEngine } = settings
  return {
    id,
    name,
    service: service as string,
    type,
    version,
    zone,
    api_key: control.instances.apiKey(instance),
    plan: whole(plan),
    created: timeText(instance.createdMs),
    caster: null,
    state: presentState(instance),
    ...particulars(instance, control.connections.of(instance)),
    ...(service !== 'redis' && { encrypted: encrypted === true, settings: {} }),
    ...(storageEngine !== undefined && { storage_engine: String(storageEngine) }),
  }
}

/** The states that clients know. */
function presentState({ state }: Instance): string {
  return state === 'BUILDING' ? 'REQUESTED' : state
}

function particulars(instance: Instance, connection: Connection) {
  switch (instance.service) {
    case 'mongodb':
      return ofMongodb(instance, connection)
    case 'redis':
      return ofRedis(connection)
    case 'elasticsearch':
      return ofElasticsearch(connection)
  }
}

/** Types that are reached as a replica set, `SET/host:port,…`. */
const REPLICA_SETS = ['mongodb_replica_set', 'mongodb_jumbo_replica_set']
/** The smallest plan that has TLS. */
const TLS_PLAN = 5

function ofMongodb({ type, plan }: Instance, { hosts, tlsHosts, setName }: Connection) {
  const isSet = REPLICA_SETS.includes(type)
  const prefix = isSet && setName !== undefined ? `${setName}/` : ''
  const ssl = !isSet && plan >= TLS_PLAN && tlsHosts?.join(',')
  return {
    connect_string: prefix + hosts.join(','),
    ...(ssl && { ssl_connect_string: ssl }),
  }
}

/** Without credentials and path, as clients split it at its colon. */
function ofRedis({ hosts: [host], password }: Connection) {
  const connect = `redis://${host}`
  return {
    clb_id: null,
    password,
    connect_string: connect,
    public_connect_string: connect,
    servicenet_connect_string: connect,
  }
}

function ofElasticsearch({ hosts, tlsHosts = [], transportHosts = [] }: Connection) {
  const urls = (scheme: string, of: readonly string[]) =>
    of.map((host) => `${scheme}://${host}`).join(',')
  const strings = {
    http: urls('http', hosts),
    https: urls('https', tlsHosts),
    transport: transportHosts.join(','),
  }
  return { connection_strings: { public: strings, servicenet: strings } }
}

/** `2015-04-29 09:53:18` */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
