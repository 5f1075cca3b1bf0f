import type { Audit } from '../event-types.js'

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

/**
 * One call of API v1: a form POST (or the same as GET), authenticated by `api_key`. The
 * type says all that a client needs to know, down to the text of the path.
 */
export interface V1Endpoint<
  Returns extends V1Returns = V1Returns,
  Path extends string = string,
  Doc extends Presence = Presence,
  Set extends Presence = Presence,
> {
  /** Segments in braces are parameters. */
  readonly path: Path
  readonly summary: string
  readonly doc: Doc
  readonly set: Set
  readonly returns: Returns
  /** Services whose instances the call is for. */
  readonly services: readonly string[]
  /** What the audit log is told; methods do not tell what changes something here. */
  readonly audit: Audit
}

/** For calls that change nothing. */
export const reads: Audit = { none: 'it reads' }

/** Fills in what most calls have in common: only `doc`, only MongoDB. */
export function v1Endpoint<
  Returns extends V1Returns,
  Path extends string,
  Doc extends Presence,
  Set extends Presence = 'ignored',
>(
  endpoint: Omit<V1Endpoint<Returns, Path, Doc, Set>, 'set' | 'services'> & {
    readonly set?: Set
    readonly services?: readonly string[]
  },
): V1Endpoint<Returns, Path, Doc, Set> {
  return { set: 'ignored' as Set, services: ['mongodb'], ...endpoint }
}
