import type { PublicEndpoint } from '@gantry/api'
import type { Page } from './lists.js'
import type { Entity, Json, Link } from './result.js'
import { selfOf } from './result.js'
import type { PublicRoute } from './route.js'
import { createRouter, segmentsOf } from './router.js'

/** Turns what handlers answer into what is written, links included. */
export interface Presenter {
  /** With all its links, those to what is below it included. */
  entity(entity: Entity, base: string): Json
  /** A document with entities somewhere in it. */
  document(value: Json, base: string): Json
  page(page: Page, base: string): { readonly [name: string]: Json | undefined }
}

const EXTENSION = 'http://mms.mongodb.com/'

export function presenterOf(routes: readonly PublicRoute[]): Presenter {
  const find = createRouter(routes)
  const reads = routes.map(({ endpoint }) => endpoint).filter(({ method }) => method === 'GET')

  /** What can be read directly below an entity belongs to its links. */
  function linksBelow(to: string): Link[] {
    const [self] = to.split('?')
    const pattern = find(segmentsOf(self).map(decodeURIComponent))?.pattern
    if (pattern === undefined) return []
    const prefix = pattern === '/' ? '/' : `${pattern}/`
    return reads
      .filter(({ path, linked }) => linked !== false && isLiteralBelow(path, prefix))
      .map((endpoint) => childLink(endpoint, endpoint.path.slice(prefix.length), self))
  }

  function entity(value: Entity, base: string): Json {
    const own = value.links
    const rels = new Set(own.map(({ rel }) => rel))
    const below = linksBelow(selfOf(value)).filter(({ rel }) => !rels.has(rel))
    return { ...fields(value, base), links: absolute([...own, ...below], base) }
  }

  return {
    entity,
    document: (value, base) => inner(value, base),
    page: ({ links, more, results, totalCount }, base) => ({
      links: [...links.map(({ href, rel }) => ({ href, rel })), ...absolute(more, base)],
      results: results.map((result) => ({
        ...fields(result, base),
        links: absolute(result.links.slice(0, 1), base),
      })),
      totalCount,
    }),
  }
}

function isLiteralBelow(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) &&
    path.length > prefix.length &&
    !path.slice(prefix.length).includes('{')
  )
}

function childLink({ linked }: PublicEndpoint, name: string, self: string): Link {
  const query = typeof linked === 'string' ? `?${linked}` : ''
  const parent = self === '/' ? '' : self
  return {
    rel: `${EXTENSION}${name.slice(name.lastIndexOf('/') + 1)}`,
    to: `${parent}/${name}${query}`,
  }
}

function absolute(links: readonly Link[], base: string) {
  return links.map(({ rel, to }) => ({ href: to === '/' ? base : base + to, rel }))
}

/** Fields of an entity, in which there may be others. */
function fields(entity: Entity, base: string): { [name: string]: Json | undefined } {
  const { links: _links, ...rest } = entity
  return inner(rest as Json, base) as { [name: string]: Json | undefined }
}

/** Makes links absolute wherever entities stand in a value. */
function inner(value: Json, base: string): Json {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map((item: Json) => inner(item, base))
  const entries = Object.entries(value).map(([name, field]) => {
    if (name === 'links' && isLinks(field)) return [name, absolute(field, base)]
    return [name, field === undefined ? field : inner(field, base)]
  })
  return Object.fromEntries(entries) as Json
}

function isLinks(value: unknown): value is readonly Link[] {
  return Array.isArray(value) && value.every((link) => link?.rel && link.to)
}
