/**
 * JSON Schemas (2020-12) as plain data, of which the compiler knows what they admit. They
 * validate requests, stand in the OpenAPI description and give the client its types.
 */

declare const admits: unique symbol

/** A JSON Schema; the type says which values it admits, and nothing of that is there at run time. */
export interface Schema<T = unknown> {
  readonly [keyword: string]: unknown
  readonly [admits]?: T
}

/** The values that a schema admits. */
export type Admitted<S> = S extends Schema<infer T> ? T : never

type Properties = { readonly [name: string]: Schema }

type ObjectOf<R extends Properties, O extends Properties> = {
  readonly [Name in keyof R]: Admitted<R[Name]>
} & { readonly [Name in keyof O]?: Admitted<O[Name]> }

/** Keywords beside those that a builder sets: `description`, `pattern`, `minimum` and the like. */
type Keywords = { readonly [keyword: string]: unknown }

export const text = (keywords: Keywords = {}): Schema<string> => ({ type: 'string', ...keywords })
export const integer = (keywords: Keywords = {}): Schema<number> => ({
  type: 'integer',
  ...keywords,
})
export const number = (keywords: Keywords = {}): Schema<number> => ({ type: 'number', ...keywords })
export const boolean = (keywords: Keywords = {}): Schema<boolean> => ({
  type: 'boolean',
  ...keywords,
})
export const nothing = (): Schema<null> => ({ type: 'null' })

/** Any value of JSON. */
export const anything = (keywords: Keywords = {}): Schema<unknown> => ({ ...keywords })

export const choice = <const T extends readonly string[]>(
  values: T,
  keywords: Keywords = {},
): Schema<T[number]> => ({ type: 'string', enum: values, ...keywords })

export const list = <S extends Schema>(
  items: S,
  keywords: Keywords = {},
): Schema<readonly Admitted<S>[]> => ({ type: 'array', items, ...keywords })

/** An array of exactly these. */
export const tuple = <const T extends readonly Schema[]>(
  ...items: T
): Schema<{ readonly [I in keyof T]: Admitted<T[I]> }> => ({
  type: 'array',
  prefixItems: items,
  items: false,
  minItems: items.length,
})

/** An object with any keys. */
export const record = <S extends Schema>(
  values: S,
  keywords: Keywords = {},
): Schema<{ readonly [key: string]: Admitted<S> }> => ({
  type: 'object',
  additionalProperties: values,
  ...keywords,
})

/** An object with these fields; no others unless `open`. */
export function object<R extends Properties, O extends Properties = Record<never, never>>(
  required: R,
  {
    optional,
    open = false,
    ...keywords
  }: { readonly optional?: O; readonly open?: boolean } & Keywords = {},
): Schema<ObjectOf<R, O>> {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    ...(open ? {} : { additionalProperties: false }),
    ...keywords,
  }
}

/** One of several. */
export const either = <const T extends readonly Schema[]>(
  ...schemas: T
): Schema<Admitted<T[number]>> => ({ anyOf: schemas })

/** The same under a name of its own, which the OpenAPI description and its readers use. */
export const named = <S extends Schema>(title: string, schema: S): S => ({ ...schema, title })
