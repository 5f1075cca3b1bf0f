/** One step of a dotted path: a field name, which in an array may also be a position. */
export interface PathPart {
  readonly name: string
  /** The name as UTF-8, for comparing with names in raw BSON. */
  readonly bytes: Buffer
  /** The array position that the name stands for, or -1 when it is not a plain decimal number. */
  readonly index: number
}

export type Path = readonly PathPart[]

const cache = new Map<string, Path>()
const CACHED_PATHS = 10_000

/** Splits a dotted path. Checks nothing: empty parts are kept as they are. */
export function parsePath(dotted: string): Path {
  let path = cache.get(dotted)
  if (!path) {
    path = dotted.split('.').map(parsePart)
    // Paths repeat from query to query; a flood of different ones must not be kept for ever.
    if (cache.size >= CACHED_PATHS) cache.clear()
    cache.set(dotted, path)
  }
  return path
}

function parsePart(name: string): PathPart {
  return { name, bytes: Buffer.from(name), index: parseIndex(name) }
}

/** The array position that a path part stands for, or -1. `01` and `+1` are names, not positions. */
export function parseIndex(name: string): number {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : -1
}
