import type { Mode, RunningOf, Service, ServiceDriver } from './driver.js'
import { attachedMongodb } from './mongodb/attached.js'
import { embeddedMongodb } from './mongodb/embedded.js'

/** Drivers by service and mode. */
export type Drivers = {
  readonly [S in Service]: { readonly [M in Mode]?: ServiceDriver<RunningOf[S]> }
}

/** All there are; the contract suite takes every one of them. */
export const drivers: Drivers = {
  mongodb: { embedded: embeddedMongodb, attached: attachedMongodb },
  redis: {},
  elasticsearch: {},
}
