import type { Mode, RunningMongodb, ServiceDriver } from './driver.js'
import { embeddedMongodb } from './mongodb/embedded.js'

/** Drivers for MongoDB instances by mode. */
export type MongodbDrivers = { readonly [M in Mode]?: ServiceDriver<object, RunningMongodb> }

/** All there are; the contract suite takes every one of them. */
export const mongodbDrivers: MongodbDrivers = { embedded: embeddedMongodb }
