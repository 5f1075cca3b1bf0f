import type { QueryParameter } from '@gantry/api'
import { refusal } from '../../control/refusal.js'
import { readQueryDate } from '../../dates.js'

/** A parameter's value, or all of them where it may be given several times. */
export type QueryValue = string | number | boolean | Date

/** Which part of a list is asked for. */
export interface Paging {
  readonly pageNum: number
  readonly itemsPerPage: number
  readonly includeCount: boolean
}

const DEFAULT_ITEMS = 100
const MOST_ITEMS = 500

/** How an answer is to be written, as far as can be told; what is wrong with it is said later. */
export function wantedForm(query: URLSearchParams): { pretty: boolean; envelope: boolean } {
  return { pretty: query.get('pretty') === 'true', envelope: query.get('envelope') === 'true' }
}

/** Throws unless the parameters that every call takes are right. */
export function checkForm(query: URLSearchParams): void {
  for (const name of ['pretty', 'envelope']) boolean(name, query.get(name) ?? 'false')
}

/** Reads the parameters of a list. */
export function readPaging(query: URLSearchParams): Paging {
  return {
    pageNum: count('pageNum', query.get('pageNum') ?? '1', Number.MAX_SAFE_INTEGER),
    itemsPerPage: count(
      'itemsPerPage',
      query.get('itemsPerPage') ?? String(DEFAULT_ITEMS),
      MOST_ITEMS,
    ),
    includeCount: boolean('includeCount', query.get('includeCount') ?? 'true'),
  }
}

/** Reads the parameters that a call has beside those; others are ignored. */
export function readQuery(
  query: URLSearchParams,
  parameters: { readonly [name: string]: QueryParameter } = {},
): { readonly [name: string]: QueryValue | readonly QueryValue[] | undefined } {
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const texts = query.getAll(name)
    if (texts.length === 0 && parameter.required) {
      throw refusal('MISSING_QUERY_PARAMETER', name)
    }
    const values = texts.map((text) => readValue(name, text, parameter))
    return [name, parameter.many ? values : values.at(-1)]
  })
  return Object.fromEntries(entries)
}

function readValue(name: string, text: string, { type, values }: QueryParameter): QueryValue {
  switch (type) {
    case 'string':
      if (values && !values.includes(text)) throw refusal('INVALID_QUERY_PARAMETER', name)
      return text
    case 'integer':
      return integer(name, text)
    case 'boolean':
      return boolean(name, text)
    case 'date': {
      const date = readQueryDate(text)
      if (!date) throw refusal('INVALID_DATE_FORMAT', name)
      return date
    }
  }
}

function count(name: string, text: string, most: number): number {
  const number = integer(name, text)
  if (number < 1 || number > most) throw refusal('INVALID_QUERY_PARAMETER', name)
  return number
}

function integer(name: string, text: string): number {
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number)) throw refusal('INVALID_QUERY_PARAMETER', name)
  return number
}

function boolean(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw refusal('INVALID_QUERY_PARAMETER', name)
  return text === 'true'
}
