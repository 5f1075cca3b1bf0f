import type { PublicMethod } from '@gantry/api'
import type { PublicRoute } from './route.js'

/** The routes of one path, and the path's parameters. */
export interface Found {
  readonly pattern: string
  readonly methods: ReadonlyMap<PublicMethod, PublicRoute>
  readonly params: { readonly [name: string]: string }
}

interface Place {
  readonly segments: Map<string, Place>
  /** Parameters have names of their own for each method's path, which are the same everywhere here. */
  parameter?: { readonly name: string; readonly place: Place }
  pattern?: string
  readonly methods: Map<PublicMethod, PublicRoute>
}

export type FindRoutes = (segments: readonly string[]) => Found | undefined

/** Finds routes by the segments of a path; known segments come before parameters. */
export function createRouter(routes: readonly PublicRoute[]): FindRoutes {
  const root = newPlace()
  for (const route of routes) {
    const { path, method } = route.endpoint
    let place = root
    for (const segment of segmentsOf(path)) place = enter(place, segment)
    if (place.methods.has(method)) throw new Error(`two routes for ${method} ${path}`)
    place.pattern = path
    place.methods.set(method, route)
  }
  return (segments) => find(root, segments, {})
}

/** The segments of a path, of which `/` has none. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function find(
  place: Place,
  [segment, ...rest]: readonly string[],
  params: { readonly [name: string]: string },
): Found | undefined {
  if (segment === undefined) {
    const { pattern, methods } = place
    return pattern === undefined ? undefined : { pattern, methods, params }
  }
  const known = place.segments.get(segment)
  const found = known && find(known, rest, params)
  if (found || !place.parameter || segment === '') return found
  const { name, place: next } = place.parameter
  return find(next, rest, { ...params, [name]: segment })
}

function newPlace(): Place {
  return { segments: new Map(), methods: new Map() }
}

function enter(place: Place, segment: string): Place {
  const name = /^\{(\w+)\}$/.exec(segment)?.[1]
  if (name !== undefined) {
    if (place.parameter && place.parameter.name !== name) {
      throw new Error(`parameters {${place.parameter.name}} and {${name}} stand in one place`)
    }
    place.parameter ??= { name, place: newPlace() }
    return place.parameter.place
  }
  const known = place.segments.get(segment) ?? newPlace()
  place.segments.set(segment, known)
  return known
}
