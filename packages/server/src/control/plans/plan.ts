import type { Service } from '../../services/driver.js'

/** What an instance of a size costs somewhere. */
export interface Plan {
  /** 24 hexadecimal digits. */
  readonly id: string
  readonly service: Service
  readonly type: string
  readonly region: string
  /** A number in the unit of the service, or `RS`, a replica set, which is ordered as plan 1. */
  readonly size: string
  /** Hundredths per month. */
  readonly cost: number
}
