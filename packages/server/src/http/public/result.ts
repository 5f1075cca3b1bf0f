import type { Readable } from 'node:stream'

/** What answers are made of; fields that are undefined are left out. */
export type Json =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly Json[]
  | { readonly [name: string]: Json | undefined }

/** A relation of an entity to a path behind the API's prefix, query string included. */
export type Link = {
  readonly rel: string
  readonly to: string
}

/** An object with links, the one to itself first. */
export interface Entity {
  readonly links: readonly Link[]
  readonly [name: string]: Json | undefined
}

/** An entity, and what it is known by in its list while it is there. */
export interface Keyed {
  readonly key: string
  readonly entity: Entity
}

/** A list whose page is not known yet. */
export interface Listing {
  total(): number | Promise<number>
  /** From `skip` on, `limit` at most. */
  page(skip: number, limit: number): readonly Keyed[] | Promise<readonly Keyed[]>
  /** How many come up to the last of these that is still there; undefined when none is. */
  behind(keys: readonly string[]): number | undefined | Promise<number | undefined>
  /** Whether there is something behind the page that was given; missing: the total tells. */
  isMore?(): boolean
  /** Links of the list document beside those to pages. */
  readonly links?: readonly Link[]
}

/** Bytes that are answered as they are. */
export interface Download {
  readonly type: string
  readonly body: Buffer | Readable
  readonly fileName?: string
  /** How many bytes there are, where it is known beforehand. */
  readonly size?: number
}

const EXTENSION = 'http://mms.mongodb.com/'

/** The link of an entity to itself, by which it is known in lists. */
export function self(to: string): Link {
  return { rel: 'self', to }
}

/** A link with a relation that is no standard one. */
export function linkTo(rel: string, to: string): Link {
  return { rel: `${EXTENSION}${rel}`, to }
}

/** A path of which the values in it have been encoded. */
export function path(strings: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent))
}

/** A list of things that are all at hand, in this order. Only those of a page are presented. */
export function listing<T extends string | { readonly id: string }>(
  items: readonly T[],
  present: (item: T) => Entity | Promise<Entity>,
  links?: readonly Link[],
): Listing {
  const keyOf = (item: T) => (typeof item === 'string' ? item : item.id)
  return {
    links,
    total: () => items.length,
    page: (skip, limit) =>
      Promise.all(
        items
          .slice(skip, skip + limit)
          .map(async (item) => ({ key: keyOf(item), entity: await present(item) })),
      ),
    behind(keys) {
      const known = new Set(keys)
      const at = items.findLastIndex((item) => known.has(keyOf(item)))
      return at === -1 ? undefined : at + 1
    },
  }
}

/** The path of an entity's link to itself. */
export function selfOf({ links }: Entity): string {
  return links[0].to
}
