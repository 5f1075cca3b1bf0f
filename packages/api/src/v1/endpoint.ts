/** What a v1 call wants with one of its two parameters. */
export type Presence =
  /** Missing: `missing parameter: NAME`. */
  | 'required'
  /** Missing: the empty document. */
  | 'optional'
  /** Not used, but a malformed one is an error. */
  | 'ignored'

/**
 * What a v1 call answers with: `data` is one value, `list` an array of documents of any
 * length, `count` the number `n` without `data`.
 */
export type V1Returns = 'data' | 'list' | 'count'

/** One call of API v1: a form POST (or the same as GET), authenticated by `api_key`. */
export interface V1Endpoint<Returns extends V1Returns = V1Returns> {
  /** Segments in braces are parameters. */
  readonly path: string
  readonly summary: string
  readonly doc: Presence
  readonly set: Presence
  readonly returns: Returns
  /** Services whose instances the call is for. */
  readonly services: readonly string[]
}

/** Fills in what most calls have in common: only `doc`, only MongoDB. */
export function v1Endpoint<Returns extends V1Returns>(
  endpoint: Pick<V1Endpoint<Returns>, 'path' | 'summary' | 'doc' | 'returns'> &
    Partial<V1Endpoint<Returns>>,
): V1Endpoint<Returns> {
  return { set: 'ignored', services: ['mongodb'], ...endpoint }
}
