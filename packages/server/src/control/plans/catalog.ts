import { AppError } from '../../errors.js'
import type { Service } from '../../services/driver.js'
import { defaultPlans } from './default-plans.js'
import type { Plan } from './plan.js'

/** What can be ordered of a service. */
export interface Offer {
  /** Each type of instance with the plans that it comes in. */
  readonly types: { readonly [type: string]: readonly number[] }
  readonly versions: readonly string[]
  readonly zones: readonly string[]
}

/** What can be ordered, and for how much. */
export interface Catalog {
  readonly services: { readonly [S in Service]?: Offer }
  readonly plans: readonly Plan[]
}

/** What somebody wants of the catalog. */
export interface Order {
  readonly service: Service
  readonly type: string
  readonly plan: number
  readonly version: string
  readonly zone: string
}

/** The zone of instances that are on the server's own machine. */
export const LOCAL_ZONE = 'local'

const mongodbSizes = [1, 5, 20, 50, 100]

/** The catalog unless the configuration names another. */
export const defaultCatalog: Catalog = {
  services: {
    mongodb: {
      types: {
        mongodb_sharded: [...mongodbSizes, 250, 500, 750, 1000],
        mongodb_replica_set: mongodbSizes,
        mongodb_jumbo_replica_set: mongodbSizes,
        mongodb_singledb: mongodbSizes,
      },
      versions: ['2.4.6', '2.6.10', '2.6.11', '3.0.5', '3.4.10'],
      zones: [
        'US-East-IAD3',
        'US-East-IAD2',
        'US-West',
        'EU-London',
        'AP-HongKong',
        'US-Chicago',
        'AP-Sydney',
        'US-Dallas',
        LOCAL_ZONE,
      ],
    },
    redis: {
      types: {
        redis_ha_instance: [500, 1000, 2500, 5000, 10_000, 20_000, 50_000, 75_000, 100_000],
      },
      versions: ['2.8.17', '2.8.21', '2.8.22', '3.0.3', '3.0.4'],
      zones: ['EU-London', 'US-Chicago', 'US-East-IAD3', 'US-Dallas', LOCAL_ZONE],
    },
    elasticsearch: {
      types: { elasticsearch: [2, 4, 8, 16, 32, 64, 128, 256, 512] },
      versions: ['1.6.2', '1.7.1', '5.1.1'],
      zones: ['US-East-IAD1', 'US-Dallas', LOCAL_ZONE],
    },
  },
  plans: defaultPlans,
}

/** Throws `invalid`, which says what there is instead, unless the catalog holds the order. */
export function checkOrder({ services }: Catalog, order: Order): void {
  const { service, type, plan, version, zone } = order
  const offer = services[service]
  if (!offer) throw notThere('service', service, Object.keys(services))
  const plans = Object.hasOwn(offer.types, type) ? offer.types[type] : undefined
  if (!plans) throw notThere('type', type, Object.keys(offer.types))
  if (!plans.includes(plan)) throw notThere('plan', plan, plans)
  if (!offer.versions.includes(version)) throw notThere('version', version, offer.versions)
  if (!offer.zones.includes(zone)) throw notThere('zone', zone, offer.zones)
}

function notThere(what: string, value: unknown, instead: readonly unknown[]): AppError {
  return new AppError('invalid', `no ${what} "${value}"; there is ${instead.join(', ')}`)
}
