import type { ElasticsearchClient, JsonObject } from './connect.js'

/** What a cluster says of itself, in the form and with the names of its version. */
export interface ClusterReadings {
  clusterStats(): Promise<JsonObject>
  nodesStats(): Promise<JsonObject>
  indicesStats(): Promise<JsonObject>
  /** Of each node that holds data: who it is, and its machine, heap and disk. */
  dataNodes(): Promise<JsonObject[]>
}

export function readingsOf({ request }: ElasticsearchClient): ClusterReadings {
  return {
    clusterStats: () => request('GET', '/_cluster/stats'),
    nodesStats: () => request('GET', '/_nodes/stats'),
    indicesStats: () => request('GET', '/_stats'),
    async dataNodes() {
      const query = { human: 'true' }
      const { nodes } = await request('GET', '/_nodes/stats/os,jvm,fs', { query })
      return Object.entries((nodes ?? {}) as { [id: string]: JsonObject })
        .filter(([, node]) => holdsData(node))
        .map(([id, node]) => presentNode(id, node))
    },
  }
}

/** Nodes say it in a list of roles since version 5, and before only when it was set otherwise. */
export function holdsData({ roles, attributes }: JsonObject): boolean {
  if (Array.isArray(roles)) return roles.some((role) => String(role).startsWith('data'))
  return (attributes as JsonObject | undefined)?.data !== 'false'
}

function presentNode(id: string, node: JsonObject): JsonObject {
  const { ip, attributes = {}, os = {}, jvm = {}, fs = {} } = node
  const named = ['name', 'host', 'transport_address', 'timestamp'].flatMap((field) =>
    node[field] === undefined ? [] : [[field, node[field]]],
  )
  // Version 1 has a list of addresses, and a text since.
  const addresses = Array.isArray(ip) ? ip : [ip ?? '']
  return { id, ...Object.fromEntries(named), ip: addresses, attributes, os, jvm, fs }
}
