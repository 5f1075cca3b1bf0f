import type { Mode, RunningOf, Service, ServiceDriver } from './driver.js'
import { attachedElasticsearch } from './elasticsearch/attached.js'
import { type ManagedElasticsearchOptions, managedElasticsearch } from './elasticsearch/managed.js'
import { attachedMongodb } from './mongodb/attached.js'
import { embeddedMongodb } from './mongodb/embedded.js'

/** Drivers by service and mode. */
export type Drivers = {
  readonly [S in Service]: { readonly [M in Mode]?: ServiceDriver<RunningOf[S]> }
}

/** What of this machine the drivers may use. */
export interface Programs {
  readonly elasticsearch: ManagedElasticsearchOptions
}

/** All there are; the contract suite takes every one of them. */
export function driversWith(programs: Programs): Drivers {
  return {
    mongodb: { embedded: embeddedMongodb, attached: attachedMongodb },
    redis: {},
    elasticsearch: {
      managed: managedElasticsearch(programs.elasticsearch),
      attached: attachedElasticsearch,
    },
  }
}
