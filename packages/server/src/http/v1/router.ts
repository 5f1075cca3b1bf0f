import type { V1Route } from './route.js'

/** A route, and the path's parameters by name. */
export interface Found {
  readonly route: V1Route
  readonly params: { readonly [name: string]: string }
}

/** What may come next in a path: known segments, or a parameter. */
interface Place {
  readonly segments: Map<string, Place>
  parameter?: { readonly name: string; readonly place: Place }
  route?: V1Route
}

/** Finds routes by the segments of a path, decoded. */
export function createRouter(
  routes: readonly V1Route[],
): (segments: readonly string[]) => Found | undefined {
  const root = newPlace()
  for (const route of routes) {
    let place = root
    for (const segment of route.endpoint.path.split('/').slice(1)) place = enter(place, segment)
    place.route = route
  }

  return (segments) => {
    const params: Record<string, string> = {}
    let place = root
    for (const segment of segments) {
      const { parameter } = place
      const known = place.segments.get(segment)
      if (known) {
        place = known
      } else if (parameter && segment !== '') {
        params[parameter.name] = segment
        place = parameter.place
      } else {
        return undefined
      }
    }
    return place.route && { route: place.route, params }
  }
}

function newPlace(): Place {
  return { segments: new Map() }
}

/** The place behind a segment of an endpoint's path, made when it is not there. */
function enter(place: Place, segment: string): Place {
  const name = /^\{(\w+)\}$/.exec(segment)?.[1]
  if (name !== undefined) {
    place.parameter ??= { name, place: newPlace() }
    return place.parameter.place
  }
  const known = place.segments.get(segment) ?? newPlace()
  place.segments.set(segment, known)
  return known
}
