/**
 * What the body of a request may hold, as data: it is checked, typed and documented from
 * here. A field that is not listed is refused, and so is one that is `readOnly`, unless it
 * repeats what is there.
 */

/** One field of a body. Fields of type `any` are free in form, and so is all below them. */
export interface Field {
  readonly type:
    | 'string'
    | 'integer'
    | 'number'
    | 'boolean'
    /** ISO 8601 in, a `Date` for the handler. */
    | 'date'
    | 'object'
    | 'array'
    | 'any'
  readonly required?: boolean
  /** The server's own; accepted when it repeats the current value, that of the path included. */
  readonly readOnly?: boolean
  /** With `readOnly`: changes by itself, so that what is sent back may be old. */
  readonly volatile?: boolean
  /** The only texts that are taken. */
  readonly values?: readonly string[]
  /** `values` are found whatever the case; the handler gets them as they stand here. */
  readonly anyCase?: boolean
  /** The least number that is taken. */
  readonly least?: number
  readonly fields?: Fields
  readonly items?: Field
}

export type Fields = { readonly [name: string]: Field }

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** The type that a handler gets for a field. */
export type ValueOf<F extends Field> = F['type'] extends 'string'
  ? F['values'] extends readonly string[]
    ? F['values'][number]
    : string
  : F['type'] extends 'integer' | 'number'
    ? number
    : F['type'] extends 'boolean'
      ? boolean
      : F['type'] extends 'date'
        ? Date
        : F['type'] extends 'array'
          ? readonly (F['items'] extends Field ? ValueOf<F['items']> : JsonValue)[]
          : F['type'] extends 'object'
            ? F['fields'] extends Fields
              ? BodyOf<F['fields']>
              : { readonly [name: string]: JsonValue }
            : JsonValue

type Settable<Fs extends Fields> = {
  [K in keyof Fs]: Fs[K]['readOnly'] extends true ? never : K
}[keyof Fs]
type Needed<Fs extends Fields> = {
  [K in keyof Fs]: Fs[K]['required'] extends true ? K : never
}[keyof Fs]

/** A body with these fields, as a handler gets it. */
export type BodyOf<Fs extends Fields> = {
  readonly [K in Settable<Fs> & Needed<Fs> & keyof Fs]: ValueOf<Fs[K]>
} & {
  readonly [K in Exclude<Settable<Fs>, Needed<Fs>> & keyof Fs]?: ValueOf<Fs[K]>
}

export const text = { type: 'string' } as const
export const integer = { type: 'integer' } as const
export const number = { type: 'number' } as const
export const flag = { type: 'boolean' } as const
export const date = { type: 'date' } as const
export const texts = { type: 'array', items: { type: 'string' } } as const

/** The same field, without which a body is refused. */
export function required<const F extends Field>(field: F): F & { readonly required: true } {
  return { ...field, required: true }
}

/** Fields that only the server sets, and that change all the time. */
export function volatile<const N extends string>(
  ...names: readonly N[]
): {
  readonly [K in N]: { readonly type: 'any'; readonly readOnly: true; readonly volatile: true }
} {
  const field = { type: 'any', readOnly: true, volatile: true } as const
  return Object.fromEntries(names.map((name) => [name, field])) as {
    readonly [K in N]: typeof field
  }
}

/** A text that is one of these. */
export function oneOf<const V extends readonly string[]>(
  ...values: V
): { readonly type: 'string'; readonly values: V } {
  return { type: 'string', values }
}

/** Fields that only the server sets, in any form. */
export function readOnly<const N extends string>(
  ...names: readonly N[]
): { readonly [K in N]: { readonly type: 'any'; readonly readOnly: true } } {
  const field = { type: 'any', readOnly: true } as const
  return Object.fromEntries(names.map((name) => [name, field])) as {
    readonly [K in N]: typeof field
  }
}

type Optional<Fs extends Fields> = { readonly [K in keyof Fs]: Omit<Fs[K], 'required'> }

/** The same fields with none of them required, as a PATCH has them. */
export function optional<const Fs extends Fields>(fields: Fs): Optional<Fs> {
  const entries = Object.entries(fields).map(([name, { required: _required, ...rest }]) => [
    name,
    rest,
  ])
  return Object.fromEntries(entries) as Optional<Fs>
}
