import type { RawValue } from '@gantry/bson'
import type { Index } from '../catalog/index-definition.js'
import type { IndexBounds } from './index-bounds.js'
import type { Interval } from './intervals.js'

/** How the records of a query are reached. */
export type Access =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'collection'; readonly reverse: boolean }
  /** The one document with an `_id`. */
  | { readonly kind: 'id'; readonly key: RawValue }
  | IndexAccess
  /** One after the other; a record that several reach comes once. */
  | { readonly kind: 'or'; readonly branches: readonly Access[] }

export interface IndexAccess {
  readonly kind: 'index'
  readonly index: Index
  readonly ranges: readonly Interval[]
  readonly reverse: boolean
  readonly bounds: IndexBounds
}
