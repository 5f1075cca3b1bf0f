import type { Shard } from '../../control/shards/shards.js'

/** A replica set as drivers of old want it: `SET/host:port,…`. */
export function shardText({ name, members }: Shard): string {
  return `${name}/${members.join(',')}`
}
