import type { Paging } from './query.js'
import type { Entity, Link, Listing } from './result.js'
import type { Walk } from './walks.js'

/** A link whose target is absolute, or begins behind the API's prefix. */
export interface ListLink {
  readonly rel: string
  readonly href: string
}

/** One page of a list. */
export interface Page {
  readonly links: readonly ListLink[]
  readonly more: readonly Link[]
  readonly results: readonly Entity[]
  readonly totalCount: number | undefined
}

export interface PageOptions {
  readonly paging: Paging
  /** Address of the list without a query string. */
  readonly address: string
  /** The query string as it was sent. */
  readonly query: string
  /** What the client has seen of the list before. */
  readonly walk: Walk
}

/**
 * The page that was asked for. It begins behind what the client got as the page before, so
 * that nothing is left out or repeated when the list has changed in between.
 */
export async function pageOf(listing: Listing, options: PageOptions): Promise<Page> {
  const { paging, address, query, walk } = options
  const { pageNum, itemsPerPage, includeCount } = paging
  const seen = pageNum > 1 ? walk.before(pageNum) : undefined
  const behind = seen && (await listing.behind(seen))
  const skip = behind ?? (pageNum - 1) * itemsPerPage
  const found = await listing.page(skip, itemsPerPage)
  const isMore = listing.isMore?.()
  // It may take long to count, and then nobody counts who is not asked to.
  const total = includeCount || isMore === undefined ? await listing.total() : 0
  if (found.length > 0) {
    walk.served(
      pageNum,
      found.map(({ key }) => key),
    )
  }
  const others = otherParameters(query)
  const at = (...parts: readonly string[]) => `${address}?${[...others, ...parts].join('&')}`
  const items = `itemsPerPage=${itemsPerPage}`
  const links = [{ rel: 'self', href: at(`pageNum=${pageNum}`, items) }]
  if (pageNum > 1) links.push({ rel: 'previous', href: at(items, `pageNum=${pageNum - 1}`) })
  if (found.length > 0 && (isMore ?? skip + found.length < total)) {
    links.push({ rel: 'next', href: at(items, `pageNum=${pageNum + 1}`) })
  }
  const results = found.map(({ entity }) => entity)
  return { links, more: listing.links ?? [], results, totalCount: includeCount ? total : undefined }
}

/** The parts of a query string that do not say which page, as they were sent. */
export function otherParameters(query: string): string[] {
  return query.split('&').filter((part) => part !== '' && !isPaging(part))
}

function isPaging(part: string): boolean {
  const [name] = new URLSearchParams(part).keys()
  return name === 'pageNum' || name === 'itemsPerPage'
}
