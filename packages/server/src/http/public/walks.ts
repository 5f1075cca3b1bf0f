import type { Socket } from 'node:net'

/** What one client has been given of one list, page by page. */
export interface Walk {
  /** What was on earlier pages, as far as they are remembered; undefined: the page before is not. */
  before(pageNum: number): readonly string[] | undefined
  served(pageNum: number, keys: readonly string[]): void
}

/**
 * Remembers which pages of lists were given to whom. A client is known by its connection or,
 * when it opens one for each call, by its key.
 */
export interface Walks {
  /** `list` is everything that makes it this list: path, filters, size of pages. */
  of(socket: Socket, key: string, list: string): Walk
}

const LIFETIME_MS = 600_000
const MOST_WALKS = 500
const MOST_PAGES = 50

interface Pages {
  readonly byNumber: Map<number, readonly string[]>
  usedMs: number
}

export function openWalks(now: () => number): Walks {
  const bySocket = new WeakMap<Socket, Map<string, Pages>>()
  const byKey = new Map<string, Pages>()

  function pagesIn(walks: Map<string, Pages>, name: string): Pages {
    const known = walks.get(name)
    const at = now()
    const pages =
      known && at - known.usedMs < LIFETIME_MS ? known : { byNumber: new Map(), usedMs: at }
    pages.usedMs = at
    // What was used last goes to the end, so that the one in front is what is forgotten.
    walks.delete(name)
    walks.set(name, pages)
    if (walks.size > MOST_WALKS) walks.delete(walks.keys().next().value as string)
    return pages
  }

  return {
    of(socket, key, list) {
      const own = bySocket.get(socket) ?? new Map<string, Pages>()
      bySocket.set(socket, own)
      const places = [pagesIn(own, list), pagesIn(byKey, `${key} ${list}`)]
      return {
        before(pageNum) {
          const pages = places.find(({ byNumber }) => byNumber.has(pageNum - 1))
          if (!pages) return undefined
          return [...pages.byNumber].flatMap(([number, keys]) => (number < pageNum ? keys : []))
        },
        served(pageNum, keys) {
          for (const { byNumber } of places) {
            byNumber.set(pageNum, keys)
            if (byNumber.size > MOST_PAGES) byNumber.delete(byNumber.keys().next().value as number)
          }
        },
      }
    },
  }
}
