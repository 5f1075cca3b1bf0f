import { PUBLIC_PREFIX } from '@gantry/api'

/** What a request's URL says. */
export interface Target {
  /** The path as it was sent. */
  readonly path: string
  /** Behind the prefix, decoded once; undefined: something in it cannot be decoded. */
  readonly segments: readonly string[] | undefined
  /** Behind the question mark, as it was sent. */
  readonly query: string
}

/** Reads the URL of a request; undefined when it is not one of the Public API. */
export function readTarget(url: string): Target | undefined {
  if (!url.startsWith(PUBLIC_PREFIX)) return undefined
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const rest = path.slice(PUBLIC_PREFIX.length)
  if (rest !== '' && !rest.startsWith('/')) return undefined
  // One slash at the end does not count.
  const trimmed = rest.endsWith('/') ? rest.slice(0, -1) : rest
  const raw = trimmed === '' ? [] : trimmed.slice(1).split('/')
  return { path, segments: decoded(raw), query: mark < 0 ? '' : url.slice(mark + 1) }
}

function decoded(raw: readonly string[]): readonly string[] | undefined {
  try {
    return withoutOldNames(raw.map(decodeURIComponent))
  } catch {
    return undefined
  }
}

/** Older clients say `whitelist` for the access list of a user or a key. */
function withoutOldNames(segments: readonly string[]): readonly string[] {
  return segments.map((segment, i) => {
    const isList = segment === 'whitelist' && ['users', 'apiKeys'].includes(segments[i - 2])
    return isList ? 'accessList' : segment
  })
}
