/** A value of JSON. An integer that a `number` cannot hold exactly is a `bigint`, both ways. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** An object of JSON: a document, in MongoDB's legacy extended JSON where it needs types. */
export type JsonDocument = { readonly [key: string]: JsonValue | undefined }

/** A string, or an integer of 16 digits and more, which may be beyond what a number can hold. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g
const LONG = /\d{16}/

/** As `JSON.parse`, but integers keep all their digits. Throws a `SyntaxError`. */
export function parseJson(text: string): JsonValue {
  if (!LONG.test(text)) return JSON.parse(text) as JsonValue
  const mark = freeMark(text)
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${mark}${token}"`,
  )
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  ) as JsonValue
}

/** As `JSON.stringify`, for values with `bigint` too. */
export function formatJson(value: JsonValue, indent?: number): string {
  let mark: string | undefined
  const text = JSON.stringify(
    value,
    (_, inner: unknown) => {
      if (typeof inner !== 'bigint') return inner
      mark ??= freeMark(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? 0 : each)))
      return `${mark}${inner}`
    },
    indent,
  )
  return mark === undefined ? text : text.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1')
}

/** Letters that nothing in the text can be taken for. */
function freeMark(text: string): string {
  let mark = 'integer:'
  while (text.includes(mark)) mark = `i${mark}`
  return mark
}
