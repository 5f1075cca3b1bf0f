import type { Path, RawValue } from '@gantry/bson'

/** Whether the document at an offset of a buffer matches. */
export type DocumentPredicate = (buf: Buffer, doc: number) => boolean

/** Whether a value matches by itself, arrays not looked into. The type is MISSING where a path leads nowhere. */
export type ValueTest = (buf: Buffer, type: number, at: number) => boolean

export type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte'
export type BitTest = 'bitsAllSet' | 'bitsAllClear' | 'bitsAnySet' | 'bitsAnyClear'

/**
 * A parsed filter. Both the compiler and the planner read it. `$ne` and `$nin` are
 * `not` around `eq` and `in`, `$exists: false` is `not` around `exists`, `$all` is an
 * `and` of its elements. Inside the value form of `$elemMatch` paths are empty: they
 * mean the array's element itself.
 */
export type Filter =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly clauses: readonly Filter[] }
  | { readonly kind: 'not'; readonly clause: Filter }
  | { readonly kind: 'alwaysTrue' | 'alwaysFalse' }
  | DocumentFilter
  | LeafFilter

/** What is decided by the document as a whole. */
export interface DocumentFilter {
  readonly kind: 'expr' | 'jsonSchema' | 'sampleRate'
  /** As it stood in the filter. */
  readonly operand: RawValue
  readonly matches: DocumentPredicate
}

/** What is decided by the values at a path. */
export type LeafFilter =
  | ComparisonFilter
  | InFilter
  | RegexFilter
  | { readonly kind: 'exists'; readonly path: Path }
  | { readonly kind: 'type'; readonly path: Path; readonly types: ReadonlySet<number> }
  | ModFilter
  | { readonly kind: 'size'; readonly path: Path; readonly size: number }
  | BitsFilter
  | { readonly kind: 'elemMatchObject'; readonly path: Path; readonly filter: Filter }
  | {
      readonly kind: 'elemMatchValue'
      readonly path: Path
      readonly clauses: readonly Filter[]
    }

export interface ComparisonFilter {
  readonly kind: Comparison
  readonly path: Path
  readonly operand: RawValue
}

export interface InFilter {
  readonly kind: 'in'
  readonly path: Path
  /** All operands but the regular expressions, in the order given, without repetitions. */
  readonly operands: readonly RawValue[]
  readonly regexes: readonly RegexOperand[]
}

export interface RegexOperand {
  readonly pattern: string
  /** Any of `imsxu`. */
  readonly options: string
  readonly regex: RegExp
}

export interface RegexFilter extends RegexOperand {
  readonly kind: 'regex'
  readonly path: Path
}

export interface ModFilter {
  readonly kind: 'mod'
  readonly path: Path
  readonly divisor: bigint
  readonly remainder: bigint
}

export interface BitsFilter {
  readonly kind: BitTest
  readonly path: Path
  /** Bit positions, ascending, each once. */
  readonly positions: readonly number[]
}

/** What parsing a filter may need from outside. */
export interface FilterContext {
  /** Compiles the operand of `$expr`. Without it `$expr` is refused. */
  readonly expression?: (operand: RawValue) => DocumentPredicate
  /** A number from 0 up to but not including 1, for `$sampleRate`. */
  readonly random?: () => number
}

/** The path of the array's element itself inside `$elemMatch`. */
export const ELEMENT_PATH: Path = []

/** A path as it is written, with dots. */
export function dottedPath(path: Path): string {
  return path.map((part) => part.name).join('.')
}

/** The conjunction of filters, simplified: none is always true, one is itself, nested ones are flattened. */
export function conjunction(filters: readonly Filter[]): Filter {
  const clauses = filters.flatMap((filter) =>
    filter.kind === 'and' ? filter.clauses : filter.kind === 'alwaysTrue' ? [] : [filter],
  )
  if (clauses.length === 0) return { kind: 'alwaysTrue' }
  if (clauses.length === 1) return clauses[0]
  if (clauses.some((clause) => clause.kind === 'alwaysFalse')) return { kind: 'alwaysFalse' }
  return { kind: 'and', clauses }
}
