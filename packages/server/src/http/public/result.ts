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

/** A list whose page is not known yet. */
export interface Listing {
  total(): number | Promise<number>
  /** Entities from `skip` on, `limit` at most. */
  page(skip: number, limit: number): readonly Entity[] | Promise<readonly Entity[]>
  /** How many come up to the last of these that is still there; undefined when none is. Paths of `self`. */
  behind(selves: readonly string[]): number | undefined | Promise<number | undefined>
  /** Links of the list document beside those to pages. */
  readonly links?: readonly Link[]
}

/** Bytes that are answered as they are. */
export interface Download {
  readonly type: string
  readonly body: Buffer | Readable
  readonly fileName?: string
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

/** A list of things that are all at hand, in this order. */
export function listing<T>(
  items: readonly T[],
  present: (item: T) => Entity,
  links?: readonly Link[],
): Listing {
  return {
    links,
    total: () => items.length,
    page: (skip, limit) => items.slice(skip, skip + limit).map(present),
    behind(selves) {
      const known = new Set(selves)
      const at = items.findLastIndex((item) => known.has(selfOf(present(item))))
      return at === -1 ? undefined : at + 1
    },
  }
}

/** The path of an entity's link to itself. */
export function selfOf({ links }: Entity): string {
  return links[0].to
}
