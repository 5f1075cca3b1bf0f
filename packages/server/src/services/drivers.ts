import type { Mode, RunningOf, Service, ServiceDriver } from './driver.js'
import { attachedElasticsearch } from './elasticsearch/attached.js'
import { type ManagedElasticsearchOptions, managedElasticsearch } from './elasticsearch/managed.js'
import { attachedMongodb } from './mongodb/attached.js'
import { embeddedMongodb } from './mongodb/embedded.js'
import { managedMongodb } from './mongodb/managed.js'
import type { MongodbPrograms } from './mongodb/mongod-program.js'
import { attachedRedis } from './redis/attached.js'
import { type ManagedRedisOptions, managedRedis } from './redis/managed.js'

/** Drivers by service and mode. */
export type Drivers = {
  readonly [S in Service]: { readonly [M in Mode]?: ServiceDriver<RunningOf[S]> }
}

/** What of this machine the drivers may use. */
export interface Programs {
  readonly mongodb?: MongodbPrograms
  readonly elasticsearch: ManagedElasticsearchOptions
  readonly redis?: ManagedRedisOptions
  /** Told of what happens to services without anybody asking for it. */
  readonly warn?: (message: string) => void
}

/** All there are; the contract suite takes every one of them. */
export function driversWith(programs: Programs): Drivers {
  const { warn } = programs
  return {
    mongodb: {
      embedded: embeddedMongodb,
      managed: managedMongodb({ ...programs.mongodb, ...(warn && { warn }) }),
      attached: attachedMongodb,
    },
    redis: {
      managed: managedRedis({ ...programs.redis, ...(warn && { warn }) }),
      attached: attachedRedis,
    },
    elasticsearch: {
      managed: managedElasticsearch(programs.elasticsearch),
      attached: attachedElasticsearch,
    },
  }
}
