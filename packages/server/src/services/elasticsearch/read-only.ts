/**
 * What somebody who may only read may ask of a cluster, by method and path. A path that is not
 * known to read is refused: `POST /index/_doc/_search` stores a document of that id.
 */

/** Calls that read though they are POST, each behind at most an index and a type. */
const READING = new Set([
  '_analyze',
  '_count',
  '_explain',
  '_field_caps',
  '_mget',
  '_msearch',
  '_mtermvectors',
  '_percolate',
  '_pit',
  '_rank_eval',
  '_search',
  '_search_shards',
  '_sql',
  '_suggest',
  '_termvector',
  '_termvectors',
  '_validate',
])

/** Calls that old versions take as GET though they change something. */
const CHANGING = new Set([
  '_bulk',
  '_cache',
  '_close',
  '_create',
  '_delete_by_query',
  '_flush',
  '_forcemerge',
  '_open',
  '_optimize',
  '_refresh',
  '_reindex',
  '_shutdown',
  '_update',
  '_upgrade',
])

/** What DELETE may end that a search began. */
const ENDING = new Set(['_pit', '_search'])

/** `path` is as it was sent, a query string included. */
export function isReading(method: string, path: string): boolean {
  const segments = segmentsOf(path)
  if (!segments) return false
  const isOperation = (segment: string) => segment.startsWith('_') && segment !== '_all'
  const at = segments.findIndex(isOperation)
  const operation = segments[at]
  switch (method) {
    case 'HEAD':
    case 'OPTIONS':
      return true
    case 'GET':
      return !segments.some((segment) => CHANGING.has(segment))
    case 'POST':
      return READING.has(operation) && at <= 2 && !segments.slice(at + 1).some(isOperation)
    case 'DELETE':
      return ENDING.has(operation) && at === 0
    default:
      return false
  }
}

function segmentsOf(path: string): string[] | undefined {
  const [bare] = path.split('?')
  try {
    return bare.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return undefined
  }
}
