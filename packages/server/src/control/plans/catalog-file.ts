import { readFileSync } from 'node:fs'
import { type Catalog, defaultCatalog, type Offer } from './catalog.js'
import type { Plan } from './plan.js'

const SERVICES = ['mongodb', 'redis', 'elasticsearch']

/**
 * Reads a catalog from a JSON file of the form `{"services": {…}, "plans": […]}`; what the
 * file does not have stays as it is by default. Throws an `Error` that says what is wrong.
 */
export function readCatalog(path: string | undefined): Catalog {
  if (path === undefined) return defaultCatalog
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error(`catalog: ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  const wrong = (what: string) => new Error(`catalog: ${path}: ${what}`)
  if (!isObject(content)) throw wrong('it does not hold a JSON object')
  const { services = defaultCatalog.services, plans = defaultCatalog.plans, ...others } = content
  const [other] = Object.keys(others)
  if (other !== undefined) throw wrong(`unknown key "${other}"`)
  if (!isObject(services)) throw wrong('services is not an object')
  for (const [name, offer] of Object.entries(services)) {
    if (!SERVICES.includes(name)) throw wrong(`services: no service "${name}"`)
    if (!isOffer(offer)) throw wrong(`services.${name} has no types, versions and zones`)
  }
  if (!Array.isArray(plans)) throw wrong('plans is not an array')
  for (const [i, plan] of plans.entries()) {
    if (!isPlan(plan)) {
      throw wrong(`plans[${i}] is not {id: 24 hex digits, service, type, region, size, cost}`)
    }
  }
  return { services: services as Catalog['services'], plans: plans as Plan[] }
}

function isOffer(value: unknown): value is Offer {
  if (!isObject(value)) return false
  const { types, versions, zones } = value
  const areTexts = (list: unknown) =>
    Array.isArray(list) && list.every((each) => typeof each === 'string')
  const areNumbers = (list: unknown) => Array.isArray(list) && list.every(Number.isInteger)
  return (
    isObject(types) &&
    Object.values(types).every(areNumbers) &&
    areTexts(versions) &&
    areTexts(zones)
  )
}

function isPlan(value: unknown): value is Plan {
  if (!isObject(value)) return false
  const { id, service, type, region, size, cost } = value
  return (
    /^[0-9a-f]{24}$/.test(String(id)) &&
    SERVICES.includes(String(service)) &&
    [type, region, size].every((text) => typeof text === 'string') &&
    Number.isInteger(cost)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
